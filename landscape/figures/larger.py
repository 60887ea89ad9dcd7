"""Files that are a multiple of their figure's size, with letters, lines and marks as well."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends import backend_mixed, backend_pdf
from matplotlib.figure import Figure

_SVG_SIZE = re.compile(r'(?<= )(width|height)="([\d.]+)pt"')


def save_larger(
    save: Callable[..., None], figure: Figure, scale: float, target: Any, **options: Any
) -> None:
    """Save a figure magnified.

    Matplotlib gives every letter, line and mark its size in points by itself; what is laid out for
    a small figure stays as it is only where the whole page is magnified.

    Args:
        save: Matplotlib's own `savefig` of the figure.
        figure: What to save.
        scale: How many times its size the file is.
        target: A path or an open binary file.
        **options: Of `savefig`.
    """
    named = target if isinstance(target, str | Path) else None
    suffix = Path(named).suffix[1:] if named else ""
    kind = str(options.get("format") or suffix or mpl.rcParams["savefig.format"]).lower()
    if kind == "pdf":
        dpi = options.get("dpi") or mpl.rcParams["savefig.dpi"]
        _save_pdf(figure, scale, target, dpi=dpi, metadata=options.get("metadata"))
        return
    if kind == "svg":
        save(target, **options)
        if named:
            path = Path(named)
            path.write_text(_resized(path.read_text("utf-8"), scale), "utf-8")
        else:
            text = _resized(target.getvalue().decode(), scale)
            target.seek(0)
            target.truncate()
            target.write(text.encode())
        return
    dpi = options.pop("dpi", None) or mpl.rcParams["savefig.dpi"]
    dpi = figure.dpi if dpi == "figure" else dpi
    size = {"dpi": (dpi, dpi), **(options.pop("pil_kwargs", None) or {})}
    save(target, dpi=scale * dpi, pil_kwargs=size, **options)


def _save_pdf(
    figure: Figure, scale: float, target: Any, *, dpi: float, metadata: Mapping[str, Any] | None
) -> None:
    """Do what matplotlib does, on a page whose unit is larger."""
    width, height = figure.get_size_inches()
    before = figure.dpi
    pdf: Any = backend_pdf  # which has no types
    mixed: Any = backend_mixed
    file = pdf.PdfFile(target, metadata=metadata)
    try:
        figure.dpi = 72
        file.newPage(scale * width, scale * height)
        file.output(scale, 0, 0, scale, 0, 0, pdf.Op.concat_matrix)
        page = pdf.RendererPdf(file, dpi, height, width)
        renderer = mixed.MixedModeRenderer(figure, width, height, dpi, page)
        figure.draw(renderer)
        renderer.finalize()
        file.finalize()
    finally:
        file.close()
        figure.dpi = before


def _resized(svg: str, scale: float) -> str:
    """Change the size of a picture, whose inner units stay."""
    return _SVG_SIZE.sub(lambda m: f'{m[1]}="{scale * float(m[2]):.6g}pt"', svg, count=2)
