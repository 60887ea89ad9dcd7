"""The sentences come out as the numbers say, in every direction."""

import math

import pytest

from lamp.study.conclusion import detection_sentence, sharpness_sentence
from lamp.study.results import Pairing
from landscape.measures import Interval

NAN = float("nan")


def pairing(
    auroc=(0.0, NAN, NAN), radius=(0.0, NAN, NAN), rest=(0.0, NAN, NAN), worst=(0.02, 0.02)
) -> Pairing:
    return Pairing(
        loss="l2-lamp",
        reference="l2",
        batch_size=None,
        auroc=Interval(*auroc, 6),
        log_radius=Interval(*(math.log1p(x) for x in radius), 6),
        log_radius_rest=Interval(*(math.log1p(x) for x in rest), 6),
        worst_pixel=worst,
        unit="6 pairs of models",
    )


@pytest.mark.parametrize(
    ("radius", "words"),
    [
        ((-0.12, -0.2, -0.04), ["12% shorter", "−20% to −4%", "sharpened the landscape"]),
        ((0.3, 0.1, 0.5), ["30% longer", "+10% to +50%", "flattened the landscape"]),
        ((-0.1, -0.3, 0.1), ["10% shorter", "no difference in sharpness can be claimed"]),
        ((-0.1, NAN, NAN), ["without an interval", "no difference in sharpness can be claimed"]),
        ((NAN, NAN, NAN), ["cannot be told", "does not double inside the grid"]),
    ],
)
def test_sharpness(radius, words):
    sentence = sharpness_sentence(pairing(radius=radius))
    assert all(word in sentence for word in words), sentence
    assert sentence.count(".") == 1


def test_a_sacrificed_pixel_is_taken_out_of_the_comparison():
    told = sharpness_sentence(
        pairing(radius=(0.8, 0.5, 1.2), rest=(-0.2, -0.3, -0.1), worst=(0.65, 0.02))
    )
    assert "80% longer" in told
    assert "flattened the landscape; 65% of that loss is the worst pixel" in told
    assert "(2% for L2)" in told
    assert told.endswith(
        "the radius is 20% shorter (95 % interval −30% to −10% over 6 pairs of models): "
        "L2-LAMP sharpened the landscape."
    )


@pytest.mark.parametrize(
    ("auroc", "words"),
    [
        ((0.01, 0.004, 0.016), ["0.010 higher", "+0.004 to +0.016", "L2-LAMP detected better"]),
        ((-0.01, -0.02, -0.001), ["0.010 lower", "−0.020 to −0.001", "L2-LAMP detected worse"]),
        ((0.01, -0.01, 0.03), ["no difference in detection can be claimed"]),
        ((0.01, NAN, NAN), ["without an interval", "no difference in detection can be claimed"]),
    ],
)
def test_detection(auroc, words):
    sentence = detection_sentence(pairing(auroc=auroc))
    assert all(word in sentence for word in words), sentence
