"""What `import lamp` offers."""

import pytest

import lamp


def test_every_public_name_exists_and_is_listed_once():
    assert len(set(lamp.__all__)) == len(lamp.__all__)
    assert set(lamp.__all__) == set(lamp._HOME)
    for name in lamp.__all__:
        assert getattr(lamp, name) is not None
    assert dir(lamp) == sorted(lamp.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'lamp' has no attribute 'LampLos'"):
        _ = lamp.LampLos


def test_so_does_the_room_of_data():
    from lamp import data

    assert set(data.__all__) == set(data._HOME)
    assert all(getattr(data, name) is not None for name in data.__all__)
    assert dir(data) == sorted(data.__all__)
    with pytest.raises(AttributeError, match=r"'lamp\.data' has no attribute 'load_minst'"):
        _ = data.load_minst


def test_the_room_of_the_study_offers_it_too():
    from lamp import study

    assert study.run_study is lamp.run_study
    assert study.StudySettings is lamp.StudySettings
    with pytest.raises(AttributeError, match=r"'lamp\.study' has no attribute 'run_studies'"):
        _ = study.run_studies
