import numpy as np
import pytest

from lamp.figures import Detection, Ranges, draw_detections, ranges_of
from landscape.figures import save_figure
from tests.landscape.figures.words import texts

RANGES = Ranges(residual=0.5, heat_map=0.2)


def detection(channels=1, mask=None, **changes):
    rng = np.random.default_rng(0)
    parts = {
        "title": "test/crack/001.png",
        "verdict": "score 0.1",
        "anomalous": False,
        "image": rng.random((channels, 8, 8)),
        "reconstruction": rng.random((channels, 8, 8)),
        "heat_map": rng.random((8, 8)),
        "mask": mask,
    }
    return Detection(**(parts | changes))


def square():
    mask = np.zeros((8, 8), bool)
    mask[0:3, 5:8] = True  # touches the border
    return mask


def panels(figure, name):
    return [ax for ax in figure.axes if ax.get_label().rsplit(" ", 1)[0] == name]


def test_each_panel_shows_its_numbers():
    row = detection(mask=square())
    figure = draw_detections([row], RANGES)
    shown = {
        name: panels(figure, name)[0].images[0].get_array()
        for name in ("image", "reconstruction", "residual", "heat-map")
    }
    np.testing.assert_array_equal(shown["image"], row.image[0])
    np.testing.assert_array_equal(shown["reconstruction"], row.reconstruction[0])
    np.testing.assert_array_equal(shown["residual"], row.image[0] - row.reconstruction[0])
    np.testing.assert_array_equal(shown["heat-map"], row.heat_map)
    veil = panels(figure, "ground truth")[0].images[1].get_array()
    np.testing.assert_array_equal(veil[..., 3] > 0, square())
    assert {row.title, row.verdict, "image", "heat-map", "ground truth"} <= set(texts(figure))


def test_all_rows_share_the_ranges_of_the_run():
    rows = [detection(heat_map=np.full((8, 8), value)) for value in (0.01, 5.0)]
    figure = draw_detections(rows, RANGES)
    for ax in panels(figure, "heat-map")[:2]:
        assert ax.images[0].get_clim() == (0, 0.2)
    for ax in panels(figure, "residual")[:2]:
        assert ax.images[0].get_clim() == (-0.5, 0.5)
    for name in ("image", "reconstruction"):
        assert panels(figure, name)[0].images[0].get_clim() == (0, 1)
    assert any("One colour range for all images of the run" in text for text in texts(figure))
    bars = {ax.get_label(): ax for ax in figure.axes if ax.get_label().endswith(" bar")}
    labels = [label.get_text() for label in bars["residual bar"].get_xticklabels()]
    assert labels == ["−0.5", "0", "0.5"]
    labels = [label.get_text() for label in bars["heat-map bar"].get_xticklabels()]
    assert labels == ["0", "0.05", "0.2"]


def test_ground_truth_has_a_column_only_where_some_is_known():
    assert not panels(draw_detections([detection()], RANGES), "ground truth")
    figure = draw_detections(
        [detection(), detection(mask=np.zeros((8, 8), bool)), detection(mask=square())], RANGES
    )
    said = [[text.get_text() for text in ax.texts] for ax in panels(figure, "ground truth")]
    assert said == [["no mask"], ["no defect"], []]


def test_the_outline_of_a_defect_at_the_border_is_closed():
    figure = draw_detections([detection(mask=square())], RANGES)
    (lines,) = panels(figure, "heat-map")[0].collections
    (path,) = lines.get_paths()
    np.testing.assert_array_equal(path.vertices[0], path.vertices[-1])
    assert panels(figure, "heat-map")[0].get_xlim() == (-0.5, 7.5)
    assert panels(figure, "heat-map")[0].get_ylim() == (7.5, -0.5)


def test_colour_images_stay_in_colour():
    row = detection(channels=3)
    figure = draw_detections([row], RANGES)
    assert panels(figure, "image")[0].images[0].get_array().shape == (8, 8, 3)
    residual = panels(figure, "residual")[0].images[0].get_array()
    np.testing.assert_allclose(residual, (row.image - row.reconstruction).mean(0))


def test_an_anomalous_verdict_is_in_colour():
    figure = draw_detections(
        [detection(verdict="no"), detection(verdict="yes", anomalous=True)], RANGES
    )
    colors = {text.get_text(): text.get_color() for text in figure.texts}
    assert colors["no"] != colors["yes"]


def test_a_single_bright_pixel_does_not_set_the_range():
    maps = np.full((10, 32, 32), 0.1)
    maps[0, 0, 0] = 100.0
    ranges = ranges_of(-maps, maps)
    assert ranges == Ranges(residual=pytest.approx(0.1), heat_map=pytest.approx(0.1))


def test_what_is_no_number_does_not_set_the_range_either():
    maps = np.full((2, 8, 8), 0.1)
    maps[0, 0] = np.nan, *[np.inf] * 7
    assert ranges_of(-maps, maps) == Ranges(
        residual=pytest.approx(0.1), heat_map=pytest.approx(0.1)
    )
    draw_detections([detection(heat_map=maps[0])], ranges_of(maps, maps))
    assert ranges_of(maps * np.nan, maps).residual > 0


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="at least one image to draw, got none"):
        draw_detections([], RANGES)


def test_names_of_files_are_drawn_as_they_are(tmp_path):
    for name in ("$x_$y.png", "a$b$c.png", r"$\frac{1}{$.png"):
        figure = draw_detections([detection(title=name)], RANGES)
        assert name in save_figure(figure, tmp_path / "f.svg").read_text()


def test_a_long_name_leaves_room_for_the_verdict():
    figure = draw_detections([detection(title="images/" * 40, verdict="score 0.12")], RANGES)
    title, verdict = (
        next(text for text in figure.texts if text.get_text().startswith(start))
        for start in ("images", "score")
    )
    assert not title.get_window_extent().overlaps(verdict.get_window_extent())


def test_nothing_is_cut_off_without_ground_truth():
    figure = draw_detections([detection()], RANGES)
    assert all(text.get_window_extent().x1 <= figure.bbox.x1 for text in figure.texts)
