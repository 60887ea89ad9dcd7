import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure

from lamp.detection import Threshold
from lamp.figures import draw_scores
from landscape.figures import save_figure

THRESHOLD = Threshold(value=0.2, false_alarms=0.05, held_out=19)


def test_every_score_is_a_dot_in_the_line_of_its_kind():
    groups = {"held-out normal": [0.1, 0.1, 0.1], "good": [0.1, 0.3], "abnormal": [0.4]}
    ax = draw_scores(groups, THRESHOLD)
    lines = {line.get_label(): line for line in ax.lines}
    for place, (name, scores) in enumerate(groups.items()):
        np.testing.assert_allclose(lines[name].get_xdata(), scores)
        assert (np.abs(lines[name].get_ydata() - place) < 0.45).all()
    assert len(set(lines["held-out normal"].get_ydata())) == 3  # equal scores do not hide others
    assert lines["held-out normal"].get_color() == lines["good"].get_color()
    assert lines["abnormal"].get_color() != lines["good"].get_color()
    assert [label.get_text() for label in ax.get_yticklabels()] == list(groups)
    assert ax.get_xscale() == "log"


def test_the_threshold_and_what_is_above_it():
    ax = draw_scores({"good": [0.1, 0.2, 0.3], "crack": [0.4]}, THRESHOLD)
    said = [text.get_text() for text in ax.texts]
    assert said == ["1 of 3 above", "1 of 1 above"]
    assert "threshold 0.2, exceeded by a normal image with probability at most 0.05" in (
        ax.get_title(loc="left")
    )
    assert any(set(np.unique(line.get_xdata())) == {0.2} for line in ax.lines)


def test_a_score_of_zero_has_a_place_on_a_logarithmic_axis():
    ax = draw_scores({"good": [0.0, 0.1, 0.3]}, THRESHOLD)
    assert ax.lines[0].get_xdata().tolist() == [0.1, 0.1, 0.3]


@pytest.mark.parametrize("score", [0.0, 0.2, 50.0])
def test_equal_scores_have_an_axis_too(score, tmp_path):
    ax = draw_scores({"good": [score, score], "x": []}, Threshold(score, 0.3, 2))
    low, high = ax.get_xlim()
    assert 0 < low < (score or 1.0) < high
    save_figure(ax.figure, tmp_path / "a.png")


def test_ticks_are_apart():
    for scores in ([1.6e-4, 3e-4, 6e-3], [0.1, 0.4], [1e-6, 1e3]):
        ax = draw_scores({"good": scores}, THRESHOLD)
        ax.figure.draw_without_rendering()
        labels = [label for label in ax.get_xticklabels() if label.get_text()]
        boxes = [label.get_window_extent() for label in labels]

        assert len(ax.get_xticks()) >= 2
        assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_axes_of_ones_own():
    ax = Figure().add_subplot()
    assert draw_scores({"good": [0.1]}, THRESHOLD, ax=ax) is ax


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="at least one score"):
        draw_scores({"good": []}, THRESHOLD)


def test_a_long_name_leaves_room_for_the_scores():
    ax = draw_scores({"x" * 200 + "yz": [0.1, 0.2]}, THRESHOLD)
    ax.figure.draw_without_rendering()
    assert ax.get_position().width > 0.5
    assert ax.get_yticklabels()[0].get_text().endswith("xyz")


def test_names_of_kinds_are_drawn_as_they_are(tmp_path):
    ax = draw_scores({"$x_$y": [0.1, 0.2], "a$b$c": [0.3]}, THRESHOLD)
    drawn = save_figure(ax.figure, tmp_path / "f.svg").read_text()
    assert "$x_$y" in drawn
    assert "a$b$c" in drawn


@pytest.mark.parametrize("kind", ["a\nb", "\x1b[31m", "$x_$", "日本語", "\udcff"])
def test_a_kind_of_any_name_is_one_line_of_text(kind, tmp_path):
    ax = draw_scores({kind: [0.1, 0.2], "good": [0.1]}, THRESHOLD)
    label = ax.get_yticklabels()[0].get_text()
    assert label.isprintable()
    # Escapes stand where this machine has no font.
    assert label in {kind, kind.encode("unicode_escape").decode()} or not kind.isprintable()
    save_figure(ax.get_figure(), tmp_path / "a.png")
