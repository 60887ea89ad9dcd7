"""Differences against their definitions, and sentences that come out as the numbers say."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from lamp.paper.ratios import Ratios
from lamp.statistics import Effect
from lamp.study.effects import Pairing, compare, effects_table, overall, plain_words, sentences
from landscape.measures import Interval

NAN = float("nan")
SAME = (1.0, 0.9, 1.1)
LONGER, SHORTER = (1.3, 1.1, 1.5), (0.8, 0.7, 0.9)
LABELS = np.array([0, 0, 0, 1, 1, 1])


def test_intervals_are_over_seeds_each_the_mean_of_its_batch_sizes(make_fit):
    auroc = {(16, 0): 0.02, (4, 0): 0.04, (16, 1): 0.00, (4, 1): 0.03, (16, 2): 0.01, (4, 2): 0.08}
    fits = {("L2", *key): make_fit(0.8) for key in auroc}
    fits |= {
        ("L2-LAMP", *key): make_fit(0.8 + value, curvature=0.5 * (1 + key[1] + key[0]))
        for key, value in auroc.items()
    }
    found = compare(fits, ["L2", "L2-LAMP"], [16, 4], LABELS)
    assert [one.batch_size for one in found] == [16, 4, "all"]
    means = [0.03, 0.015, 0.045]
    half = stats.t.ppf(0.975, 2) * np.std(means, ddof=1) / math.sqrt(3)
    both = found[-1].auroc
    assert (both.value, both.low, both.high) == pytest.approx((0.03, 0.03 - half, 0.03 + half))
    assert found[-1].auroc.p == pytest.approx(stats.ttest_1samp(means, 0).pvalue)
    assert (found[-1].higher, found[-1].sharpness.pairs, both.pairs) == (5, 6, 3)
    logs = [np.mean([math.log(1 + s + b) for b in (16, 4)]) for s in range(3)]
    assert found[-1].sharpness.curvature.value == pytest.approx(np.mean(logs), rel=1e-3)
    # The radius where a bowl doubles goes with the root of its curvature.
    assert found[-1].sharpness.radius.value == pytest.approx(-np.mean(logs) / 2, rel=0.02)
    table = effects_table(found)
    assert table["auroc_difference"].tolist() == pytest.approx([0.01, 0.05, 0.03])
    assert table["auroc_difference_low"].iloc[-1] == pytest.approx(0.03 - half)


def test_a_single_pair_has_intervals_over_images_and_planes(make_fit):
    scores = ([1, 2, 5, 4, 6, 7], [1, 4, 5, 2, 3, 6])
    fits = {
        ("L2-LAMP", 16, 0): make_fit(8 / 9, scores=scores[0], curvature=0.6),
        ("L2", 16, 0): make_fit(5 / 9, scores=scores[1]),
    }
    (one,) = compare(fits, ["L2", "L2-LAMP"], [16], LABELS)
    assert one.auroc.value == pytest.approx(8 / 9 - 5 / 9)
    assert one.auroc.low < one.auroc.value < one.auroc.high
    assert (one.auroc.pairs, one.auroc.excludes_zero) == (1, False)
    assert math.isnan(one.auroc.p)
    assert one.sharpness.curvature.n == 3


def test_a_model_without_partner_is_left_out(make_fit):
    keys = [("L2", 16, 0), ("L2", 16, 1), ("L2", 4, 0), ("L2-LAMP", 16, 0), ("L2-LAMP", 16, 1)]
    fits = {key: make_fit(0.8) for key in keys}
    assert [one.batch_size for one in compare(fits, ["L2", "L2-LAMP"], [16, 4], LABELS)] == [16]
    assert compare({("L2", 16, 0): make_fit(0.8)}, ["L2", "L1"], [16], LABELS) == []
    assert compare(fits, ["L2"], [16, 4], LABELS) == []
    assert effects_table([]).columns.tolist() == ["loss", "reference", "batch_size"]


def ratio(values):
    return Interval(*(math.log(x) for x in values), 3)


def pairing(auroc=(0.0, NAN, NAN), *, radius=SAME, rest=None, curvature=SAME, seeds=3, **changes):
    value, low, high = auroc
    sharpness = Ratios(
        center=ratio((1.5, 1.2, 1.9)),
        radius=ratio(radius),
        rest=ratio(rest or radius),
        curvature=ratio(curvature),
        excess=ratio(SAME),
        why_no_radius="",
        why_no_curvature="",
        pairs=9,
    )
    whys = {name: changes.pop(name) for name in list(changes) if name.startswith("why")}
    given = {
        "loss": "L2-LAMP",
        "reference": "L2",
        "batch_size": "all",
        "auroc": Effect(
            value=value, low=low, high=high, p=NAN, higher=5, pairs=seeds, groups=1, over="pairs"
        ),
        "sharpness": dataclasses.replace(sharpness, **whys),
        "means": (0.8, 0.8),
        "worst_pixels": (0.02, 0.02),
        "higher": 5,
    }
    return Pairing(**(given | changes))


@pytest.mark.parametrize(
    ("radius", "rest", "curvature", "words", "plainly"),
    [
        (SHORTER, None, LONGER, "sharpened the landscape, by both measures", " sharper: "),
        (LONGER, None, SHORTER, "flattened the landscape, by both measures", " flatter: "),
        (LONGER, None, LONGER, "is flatter, in absolute units steeper, so that", "neither"),
        (SHORTER, None, SHORTER, "is sharper, in absolute units gentler, so that", "neither"),
        (LONGER, None, SAME, "its own loss the landscape is flatter, in absolute", "neither"),
        (SAME, None, LONGER, "in absolute units the landscape is steeper, relative", "neither"),
        (LONGER, SAME, SAME, "no difference in sharpness can be claimed.", "neither"),
        (LONGER, SHORTER, SAME, "no difference in sharpness can be claimed.", "neither"),
        ((0.8, NAN, NAN), None, (1.2, NAN, NAN), "nothing can be claimed.", "neither"),
    ],
)
def test_sharpness_is_claimed_only_where_all_measures_agree(
    radius, rest, curvature, words, plainly
):
    one = pairing(radius=radius, rest=rest, curvature=curvature)
    _, sentence = sentences(one)
    assert words in sentence
    assert "1.50 times (1.20 to 1.90) the loss of L2 at the center" in sentence
    plain = plain_words([one], ["L2", "L2-LAMP"], "the digit 3")
    assert plainly in plain.split("landscapes are")[1].split("small")[0]


def test_what_has_no_ratio_says_why():
    _, sentence = sentences(pairing(why_no_radius="lower bound: rays leave the grid first"))
    assert sentence.endswith("leave the grid first; repeat the study with a larger radius.")
    unknown = {
        "curvature": (NAN, NAN, NAN),
        "why_no_curvature": "not positive on all planes",
        "radius": (NAN, NAN, NAN),
        "why_no_radius": "needs a positive value at the center, which is 0",
    }
    _, sentence = sentences(pairing(**unknown))
    assert "at the center (its curvature has no ratio: not positive on all planes);" in sentence
    assert sentence.endswith("no ratio: needs a positive value at the center, which is 0.")
    assert "nan" not in sentence


def test_a_sacrificed_pixel_is_taken_out_of_the_comparison():
    _, told = sentences(pairing(radius=LONGER, rest=SHORTER))
    assert "0.80 times (0.70 to 0.90) without each image's worst pixel: no difference" in told


@pytest.mark.parametrize(
    ("auroc", "words", "plainly"),
    [
        (
            (0.01, 0.004, 0.016),
            "+.010 [+.004, +.016], higher in 5 of 9 pairs",
            "anomalies better than",
        ),
        ((-0.01, -0.02, -0.001), ": L2-LAMP detected worse.", "anomalies worse than"),
        ((0.01, -0.01, 0.03), "no difference in detection can be claimed.", "neither better nor"),
        ((0.01, NAN, NAN), "L2: +.010, higher", "neither better nor worse"),
    ],
)
def test_detection(auroc, words, plainly):
    one = pairing(auroc)
    assert words in sentences(one)[0]
    assert plainly in plain_words([one], ["L2", "L2-LAMP"], "the digit 3")


def test_few_seeds_are_told():
    detection, sharpness = sentences(pairing(seeds=1))
    assert detection.endswith("can be claimed (from 1 seed).")
    assert sharpness.endswith("can be claimed (from 1 seed).")
    assert sentences(pairing(seeds=2))[0].endswith("can be claimed (from 2 seeds).")
    assert "Each network was trained once" in plain_words(
        [pairing(seeds=1)], ["L2", "L2-LAMP"], "the digit 3"
    )


def test_the_first_sentence_needs_no_paper():
    told = plain_words([pairing((0.01, 0.004, 0.016))], ["L2", "L2-LAMP"], "the digit 3")
    assert told.startswith("Neural networks were trained to redraw pictures of the digit 3. Any")
    assert "making L2 (the squared error) small, others with L2-LAMP. LAMP amplifies" in told
    assert plain_words([], ["L1"], "mnist 3").endswith("with L1, and there is nothing to compare.")


def test_the_widest_comparison_of_each_loss_is_told():
    sizes = [pairing(batch_size=size, loss=loss) for loss in "ab" for size in (16, "all")]
    assert [(one.loss, one.batch_size) for one in overall(sizes)] == [("a", "all"), ("b", "all")]
