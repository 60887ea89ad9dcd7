"""Tables as text, Markdown, LaTeX and HTML."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from landscape.errors import LandscapeError, shown
from landscape.measures.text import aligned

Style = Literal["text", "markdown", "latex", "html"]
"""How to write a table: LaTeX needs the package booktabs."""

_TEX = {
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": r"$|$",
    "|x|^0.6": "$|x|^{0.6}$",
    "*": r"$^*$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "−": "$-$",
    "·": r"$\cdot$",
    "ε": r"$\varepsilon$",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "λ": r"$\lambda$",
    "²": "$^2$",
    "x⁰·⁶": "$x^{0.6}$",
    "∜": r"$\sqrt[4]{\cdot}$",
    "√": r"$\surd$",
    "∞": r"$\infty$",
    "…": r"\dots{}",
}
_TEX_PIECE = re.compile("|".join(map(re.escape, sorted(_TEX, key=len, reverse=True))))
# Brackets are text unless they make a link.
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_<>|~$]|\](?=[(\[:]))")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cells as text.

    Args:
        head: Names of the columns.
        rows: All as long as the head.
        right: Columns of numbers, aligned to the right.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()

    def filled(self) -> "Table":
        """Return it without columns that have nothing in them."""
        keep = [i for i in range(len(self.head)) if any(row[i] for row in self.rows)]
        return Table(
            head=[self.head[i] for i in keep],
            rows=[[row[i] for i in keep] for row in self.rows],
            right=[place for place, i in enumerate(keep) if i in self.right],
        )


def written(
    tables: Sequence[Table],
    *,
    style: Style,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> str:
    r"""Write tables, with what is said of them.

    Args:
        tables: One below the other.
        style: How.
        before: Sentences above them.
        after: Notes below them.

    Returns:
        Several lines; whatever names hold, it is shown and steers nothing.

    Raises:
        LandscapeError: If there is no such style.

    Example:
        >>> table = Table(head=("statistic", "mean"), rows=[("slope_2", "≥ 2e-05")], right=(1,))
        >>> print(written([table], style="markdown"))
        | statistic | mean |
        | :-- | --: |
        | slope\_2 | ≥ 2e-05 |
        >>> print(written([table], style="latex").splitlines()[4])
        slope\_2 & $\geq$ $2\times 10^{-5}$ \\
    """
    if style not in get_args(Style):
        raise LandscapeError(f"expected a style of {', '.join(get_args(Style))}, got {style!r}")
    if style == "text":
        lines = [line for one in tables for line in aligned([one.head, *one.rows], right=one.right)]
        return "\n".join([*before, *lines, *after])
    table, paragraph, note = _STYLES[style]
    parts = [*map(paragraph, before), *(table(one.filled()) for one in tables), *map(note, after)]
    return ("\n" if style == "html" else "\n\n").join(parts)


def _markdown(table: Table) -> str:
    """Write a table as GitHub's Markdown."""
    rules = ["--:" if i in table.right else ":--" for i in range(len(table.head))]
    rows = [list(map(_in_markdown, row)) for row in (table.head, *table.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], rules, *rows[1:]])


def _in_markdown(text: str) -> str:
    """Escape what Markdown would take as its own."""
    return _MARKDOWN_SPECIAL.sub(r"\\\1", shown(text))


def _latex(table: Table) -> str:
    """Write a table for the package booktabs."""
    columns = "".join("r" if i in table.right else "l" for i in range(len(table.head)))
    rows = [" & ".join(map(_in_latex, row)) + r" \\" for row in (table.head, *table.rows)]
    rows = [f"{{}}{row}" if row.startswith("[") else row for row in rows]  # else \\[ is a length
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            rows[0],
            r"\midrule",
            *rows[1:],
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _in_latex(text: str) -> str:
    """Escape what LaTeX would take as its own, and set numbers as it does."""
    text = re.sub(r"(?<=[\d.])e([+-]\d+)", lambda found: f"×10^{int(found[1])}^", shown(text))
    text = re.sub(r"(?<![\w.)^])-(?=[\d.])", "−", text)
    pieces = re.split(r"(\d[\d.]*×10\^-?\d+\^)", text)
    return "".join(
        _power(piece) if place % 2 else _TEX_PIECE.sub(lambda found: _TEX[found[0]], piece)
        for place, piece in enumerate(pieces)
    )


def _power(piece: str) -> str:
    """Write a number with a power of ten."""
    mantissa, exponent = piece.rstrip("^").split("×10^")
    return rf"${mantissa}\times 10^{{{exponent}}}$"


def _html(table: Table) -> str:
    """Write a table that needs no style sheet."""

    def cells(row: Sequence[str], tag: str) -> str:
        sides = ("right" if i in table.right else "left" for i in range(len(row)))
        return "".join(
            f'<{tag} style="text-align:{side}">{html.escape(shown(cell))}</{tag}>'
            for side, cell in zip(sides, row, strict=True)
        )

    body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in table.rows)
    head = f"<thead><tr>{cells(table.head, 'th')}</tr></thead>"
    return f"<table>\n{head}\n<tbody>\n{body}\n</tbody>\n</table>"


_Writers = tuple[Callable[[Table], str], Callable[[str], str], Callable[[str], str]]
_STYLES: Mapping[str, _Writers] = {
    "markdown": (_markdown, _in_markdown, _in_markdown),
    "latex": (_latex, _in_latex, lambda text: f"{{\\footnotesize {_in_latex(text)}}}"),
    "html": (
        _html,
        lambda text: f"<p>{html.escape(shown(text))}</p>",
        lambda text: f"<p><small>{html.escape(shown(text))}</small></p>",
    ),
}
"""How tables, sentences and notes are written."""
