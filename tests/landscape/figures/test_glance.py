import io
import subprocess
import sys

import numpy as np
from PIL import Image

from landscape.surface import Surface


def _bowl(beta, planes=2, scale=1.0):
    alpha = np.linspace(-1, 1, 21)
    loss = np.repeat((0.1 + scale * (alpha**2 + beta[:, None] ** 2))[None], planes, axis=0)
    axes = 1 if beta.size == 1 else 2
    return Surface(
        alpha=alpha,
        beta=beta,
        values={"loss": loss},
        status=np.isfinite(loss).astype(np.int8),
        gram=np.repeat(np.eye(axes)[None], planes, axis=0),
        center={"loss": 0.1},
    )


def test_a_plane_and_a_line_are_small_pictures():
    for beta in (np.linspace(-1, 1, 21), np.zeros(1)):
        png = _bowl(beta)._repr_png_()
        picture = Image.open(io.BytesIO(png))

        assert len(png) < 40_000
        assert 400 < picture.width < 600
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20  # something is drawn


def test_where_nothing_can_be_drawn_the_text_is_left():
    nothing = _bowl(np.linspace(-1, 1, 21), scale=np.nan)

    assert nothing._repr_png_() is None


def test_nothing_that_draws_is_imported_before_it_is_asked_for():
    code = (
        "import sys, landscape, landscape.surface, landscape.measures\n"
        "landscape.compute, landscape.Surface\n"
        "print({'matplotlib', 'IPython', 'rich', 'xarray'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
