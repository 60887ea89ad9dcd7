import os
import subprocess
import sys

import pytest

import landscape.figures
from landscape.errors import LandscapeError
from landscape.figures import (
    Drawing,
    draw_contour,
    draw_contours,
    draw_interactive,
    draw_surfaces,
    save_figure,
    write_html,
)

_INTERACTIVE = ("draw_interactive", "write_html")


def test_every_public_name_is_there():
    names = landscape.figures.__all__

    assert len(names) == len(set(names))
    assert all(hasattr(landscape.figures, name) for name in names)


def test_drawing_needs_neither_plotly_nor_torch_nor_pyplot():
    names = [name for name in landscape.figures.__all__ if name not in _INTERACTIVE]
    code = (
        f"import landscape.figures as f, sys; [getattr(f, name) for name in {names}]; "
        "print({'plotly', 'torch', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


_DRAW = """
import sys
import numpy as np
import landscape.figures as figures
from landscape.surface import Surface
axis = np.linspace(-1, 1, 11)
bowl = (1 + 9 * (axis**2 + axis[:, None] ** 2))[None]
surface = Surface(alpha=axis, beta=axis, values={"loss": bowl}, gram=np.eye(2)[None],
                  status=np.ones(bowl.shape, np.int8), center={"loss": 1.0})
for kind in (figures.draw_contour, figures.draw_surface, figures.draw_line):
    figures.save_figure(kind(surface), f"{sys.argv[1]}/{kind.__name__}.png")
"""


@pytest.mark.slow
def test_the_users_settings_of_matplotlib_change_nothing(tmp_path):
    settings = {
        "plain": "",
        "tex": "text.usetex: True\n",
        "odd": "font.family: NoSuchFont\nsavefig.format: svg\naxes.unicode_minus: False\n"
        "savefig.bbox: tight\naxes.grid: True\nfigure.facecolor: black\ntext.parse_math: False\n",
    }
    backends = {"tex": "module://matplotlib_inline.backend_inline", "odd": "NoSuchBackend"}
    written = {}
    for name, text in settings.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "matplotlibrc").write_text(text)
        environment = {**os.environ, "MATPLOTLIBRC": str(folder)}
        if name in backends:
            environment["MPLBACKEND"] = backends[name]
        code = [sys.executable, "-W", "error", "-c", _DRAW, str(folder)]
        done = subprocess.run(code, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        written[name] = {path.name: path.read_bytes() for path in folder.glob("*.png")}

    assert len(written["plain"]) == 3
    assert written["plain"] == written["tex"] == written["odd"]


def test_figures_of_the_other_kind_are_sent_to_the_other_function(tmp_path, make):
    surface = make(lambda a, b: 1 + a**2 + b**2)
    with pytest.raises(LandscapeError, match="a Drawing, got a Figure") as caught:
        save_figure(draw_interactive(surface), tmp_path / "a.png")
    assert "write_html" in caught.value.hint
    with pytest.raises(LandscapeError, match="Explorer, got a Drawing") as caught:
        write_html(draw_contour(surface), tmp_path / "a.html")
    assert "save_figure" in caught.value.hint
    with pytest.raises(LandscapeError, match="got a list of Surface"):
        draw_contours([surface, surface])


def test_all_that_draw_return_a_drawing_with_its_figure_and_panels(bowl, tmp_path):
    one, many = draw_contour(bowl), draw_contours([[bowl, bowl], [None, bowl]])
    boxes = draw_surfaces([bowl, bowl])

    assert {type(drawn) for drawn in (one, many, boxes)} == {Drawing}
    assert [len(drawn.panels) for drawn in (one, many, boxes)] == [0, 3, 2]
    for drawn in (many, boxes):
        assert all(panel.figure is drawn.figure for panel in drawn.panels)
        assert "center" in drawn.panels[1].artists
        assert drawn._repr_png_().startswith(b"\x89PNG")
        assert save_figure(drawn, tmp_path / "a.pdf").stat().st_size > 1000
