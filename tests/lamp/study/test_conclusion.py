"""The sentences come out as the numbers say, in every direction."""

import math

import pytest

from lamp.study.conclusion import detection_sentence, sharpness_sentence
from lamp.study.results import Pairing
from landscape.measures import Interval

NAN = float("nan")
SAME = (1.0, 0.9, 1.1)
LONGER, SHORTER = (1.3, 1.1, 1.5), (0.8, 0.7, 0.9)


def ratio(values) -> Interval:
    return Interval(*(math.log(x) for x in values), 3)


def pairing(auroc=(0.0, NAN, NAN), *, radius=SAME, rest=None, curvature=SAME, **changes) -> Pairing:
    given = {
        "loss": "l2-lamp",
        "reference": "l2",
        "batch_size": None,
        "auroc": Interval(*auroc, 3),
        "log_center": ratio((1.5, 1.2, 1.9)),
        "log_radius": ratio(radius),
        "log_radius_rest": ratio(rest or radius),
        "log_curvature": ratio(curvature),
        "worst_pixel": (0.02, 0.02),
        "why_no_radius": "",
        "why_no_curvature": "",
        "higher": 5,
        "pairs": 9,
        "seeds": 3,
    }
    return Pairing(**(given | changes))


@pytest.mark.parametrize(
    ("radius", "rest", "curvature", "words"),
    [
        (SHORTER, None, LONGER, "sharpened the landscape, by both measures"),
        (LONGER, None, SHORTER, "flattened the landscape, by both measures"),
        (LONGER, None, LONGER, "is flatter, in absolute units steeper, so that neither can be"),
        (SHORTER, None, SHORTER, "is sharper, in absolute units gentler, so that neither can be"),
        (LONGER, None, SAME, "its own loss the landscape is flatter, in absolute units no"),
        (SAME, None, LONGER, "in absolute units the landscape is steeper, relative to its own"),
        (LONGER, SAME, SAME, "no difference in sharpness can be claimed."),
        (LONGER, SHORTER, SAME, "no difference in sharpness can be claimed."),
        ((0.8, NAN, NAN), None, (1.2, NAN, NAN), "no difference in sharpness can be claimed."),
    ],
)
def test_sharpness_is_claimed_only_where_all_measures_agree(radius, rest, curvature, words):
    sentence = sharpness_sentence(pairing(radius=radius, rest=rest, curvature=curvature))
    assert words in sentence
    assert "1.50 times (1.20 to 1.90) the loss of L2 models" in sentence
    assert "worst pixel" not in sentence


def test_what_has_no_ratio_says_why():
    sentence = sharpness_sentence(pairing(why_no_radius="lower bound: rays leave the grid first"))
    assert sentence.endswith("leave the grid first): repeat the study with a larger radius.")
    unknown = {
        "curvature": (NAN, NAN, NAN),
        "why_no_curvature": "not positive on all planes",
        "radius": (NAN, NAN, NAN),
        "why_no_radius": "needs a positive value at the center, which is 0",
    }
    sentence = sharpness_sentence(pairing(**unknown))
    assert "at the center (their curvature has no ratio: not positive on all planes);" in sentence
    assert sentence.endswith("compared (needs a positive value at the center, which is 0).")
    assert "nan" not in sentence


def test_a_sacrificed_pixel_is_taken_out_of_the_comparison():
    told = sharpness_sentence(pairing(radius=LONGER, rest=SHORTER, worst_pixel=(0.65, 0.02)))
    assert "(0.80 times (0.70 to 0.90) without the worst pixel of each image" in told
    assert "65% of that loss against 2%" in told


@pytest.mark.parametrize(
    ("auroc", "words"),
    [
        ((0.01, 0.004, 0.016), "+0.010 (95 % interval +0.004 to +0.016): L2-LAMP detected better."),
        ((-0.01, -0.02, -0.001), "−0.020 to −0.001): L2-LAMP detected worse."),
        ((0.01, -0.01, 0.03), "no difference in detection can be claimed."),
        ((0.01, NAN, NAN), "by +0.010: no difference in detection can be claimed."),
    ],
)
def test_detection(auroc, words):
    sentence = detection_sentence(pairing(auroc))
    assert words in sentence
    assert "in 5 of 9 pairs of models" in sentence


def test_few_seeds_are_told():
    assert "can be claimed from 2 seeds." in detection_sentence(pairing(seeds=2))
    assert "can be claimed from 1 seed." in sharpness_sentence(pairing(seeds=1))
