"""What `make docs` builds: these pages and, from the docstrings, the reference of both packages."""

import importlib.metadata
import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

project = "lamp-landscape"
version = release = importlib.metadata.version("lamp-landscape")
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
]
exclude_patterns = ["_build", "pictures"]
templates_path = ["_templates"]
default_role = "code"  # docstrings have one backtick where reStructuredText has two

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3  # links to headings, as pages of repositories have them

autodoc_typehints = "none"  # signatures have them
autodoc_member_order = "bysource"

html_theme = "pydata_sphinx_theme"
html_title = "lamp-landscape"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sourcelink = False
html_math_renderer = "mathml"
html_theme_options = {"secondary_sidebar_items": ["page-toc"], "header_links_before_dropdown": 6}
html_context = {"default_mode": "auto"}
html_sidebars = {"*": [], "reference/*": ["sidebar-nav-bs"]}


def formula(translator: Any, node: nodes.Element) -> None:
    """Write a formula as MathML: browsers draw it without a script from elsewhere."""
    block = isinstance(node, nodes.math_block)
    translator.body.append(tex2mathml(node.astext(), as_block=block))
    raise nodes.SkipNode


def to_rst(_app: Sphinx, what: str, _name: str, _of: Any, _options: Any, lines: list[str]) -> None:
    """Turn what docstrings take from Markdown into reStructuredText, outside of code."""
    for index, line in enumerate(lines):
        if line.lstrip().startswith((">>>", "...")):
            continue
        parts = re.split(r"(`[^`]*`)", line)
        for place in range(0, len(parts), 2):
            text = re.sub(r"\$([^$]+)\$", lambda found: f":math:`{found[1]}`", parts[place])
            parts[place] = text.replace("|", r"\|")
        lines[index] = "".join(parts)
    if what != "attribute":  # of which napoleon takes what stands before a colon for a type
        lines[:] = GoogleDocstring(lines, Config(), what=what).lines()


def name_files(_app: Sphinx, _docname: str, source: list[str]) -> None:
    """Name files of the repository that are no pages, where a link would lead nowhere."""
    source[0] = re.sub(r"\[([^][]+)\]\(\.\./([^)]+)\)", _named, source[0])


def _named(link: re.Match[str]) -> str:
    """Write the text of a link, and the file that it leads to unless that is the text."""
    return f"`{link[2]}`" if link[1] == link[2] else f"{link[1]} (`{link[2]}`)"


def setup(app: Sphinx) -> None:
    """Connect the functions above."""
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))
    app.connect("source-read", name_files)
    app.connect("autodoc-process-docstring", to_rst)
