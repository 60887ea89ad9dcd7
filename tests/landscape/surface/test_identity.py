"""A file is continued only where settings, center and witness agree."""

import numpy as np
import pytest

from landscape.errors import SettingsMismatchError
from landscape.surface import load
from landscape.surface.create import create
from landscape.surface.identity import check_identity
from tests.landscape.surface.files import blueprint


def test_other_settings_are_refused_by_name(path):
    def asked(**changes):
        return blueprint(identity={**blueprint().identity, **changes})

    check_identity(load(path), blueprint())
    with pytest.raises(SettingsMismatchError, match="computed with seed = 0, not 1") as caught:
        check_identity(load(path), asked(seed=1))
    assert "--overwrite" in caught.value.hint
    with pytest.raises(
        SettingsMismatchError,
        match=r'with other parameters: center = "aaaaaaaaaaaa\.\.\.", not "bbbb',
    ):
        check_identity(load(path), asked(center="b" * 64, buffers="c" * 64))
    with pytest.raises(SettingsMismatchError, match='radius = "nothing", not 2'):
        check_identity(load(path), asked(radius=2))


def versioned(**changes):
    given = {"center": {"loss": 1e-12}, "witness": {"loss": 2.0}} | changes
    return blueprint(**{"provenance": {"torch": "2.6", "cpu": "x"}} | given)


def test_another_value_at_the_center_or_at_the_witness_is_refused(path):
    create(path, versioned())
    check_identity(load(path), versioned())
    off = np.nextafter(2.0, 3.0)
    with pytest.raises(SettingsMismatchError, match=r"(?m)2e-12: the code .* has changed$"):
        check_identity(load(path), versioned(center={"loss": 2e-12}))
    with pytest.raises(SettingsMismatchError, match=r"loss = 2\.0 at a point away from the center"):
        check_identity(load(path), versioned(witness={"loss": off}))
    with pytest.raises(SettingsMismatchError, match="away from the center, this problem nan"):
        check_identity(load(path), versioned(witness={"loss": np.nan}))


def test_other_versions_may_round_differently_but_not_more(path):
    create(path, versioned())
    other = {"provenance": {"torch": "2.7", "cpu": "x"}}
    check_identity(load(path), versioned(witness={"loss": 2.00001}, **other))
    with pytest.raises(SettingsMismatchError, match=r"computed with torch 2\.6, not 2\.7"):
        check_identity(load(path), versioned(witness={"loss": 2.0001}, **other))


def test_a_witness_that_is_not_finite_is_compared_like_any_other(path):
    for value in (np.nan, np.inf):
        create(path, versioned(witness={"loss": value}))
        check_identity(load(path), versioned(witness={"loss": value}))


def test_kinds_of_metrics_come_back(path):
    kinds = '{"loss": {"higher_is_better": true, "low": 0, "high": 1}}'
    create(path, blueprint(provenance={"metric_kinds": kinds}))
    assert load(path).bounds("loss") == (0.0, 1.0)
