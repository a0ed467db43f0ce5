"""How Sphinx builds these pages: `./run docs`. Warnings are errors."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "rooms"
copyright = "the authors of rooms, Apache-2.0"
version = release = version_of("rooms")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "sphinx_design"]
root_doc = "index"
exclude_patterns = ["README.md", "_build"]
nitpicky = False

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # a page of the decisions begins with its number

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
add_module_names = False
python_display_short_literal_types = True
python_maximum_signature_line_length = 100

pygments_style = "friendly"
pygments_dark_style = "github-dark"

html_theme = "furo"
html_title = "rooms"
html_static_path = ["_static"]
html_css_files = ["rooms.css"]
html_favicon = "_static/icon.svg"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "sidebar_hide_name": False,
    "light_css_variables": {"color-brand-primary": "#3557d6", "color-brand-content": "#3557d6", "color-brand-visited": "#6b4fa3"},
    "dark_css_variables": {"color-brand-primary": "#93a9ff", "color-brand-content": "#93a9ff", "color-brand-visited": "#c0a8f5"},
}
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

_OUTSIDE = re.compile(r"\[([^]]+)\]\(\.\./\.\./([\w/-]+\.md)\)")
_ORDER = re.compile(r"^<!-- (?:file: (?P<file>[^ ]+)|serve: .*?) -->\n\n(?=```)", re.MULTILINE)


def setup(app: Sphinx) -> None:
    """What blocks print is shown as it is; the name of a file to be saved stands above it; decisions hang under their list."""
    app.add_lexer("output", TextLexer)
    app.connect("source-read", _name_files)
    app.connect("source-read", _name_pages_outside)
    app.connect("source-read", _list_decisions)
    app.connect("source-read", _list_new_pages)
    app.connect("autodoc-process-docstring", _drop_module_text)


def _name_files(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = _ORDER.sub(lambda order: f"{{.file}}\n`{order['file']}`\n\n" if order["file"] else "", source[0])


def _name_pages_outside(app: Sphinx, page: str, source: list[str]) -> None:
    """A page that is not of this site is said to be in the checkout."""
    source[0] = _OUTSIDE.sub(r"\1 (`\2` in the checkout)", source[0])


def _list_decisions(app: Sphinx, page: str, source: list[str]) -> None:
    if page == "decisions/README":
        source[0] += "\n:::{toctree}\n:hidden:\n:glob:\n\n[0-9]*\ntemplate\n:::\n"


def _list_new_pages(app: Sphinx, page: str, source: list[str]) -> None:
    """A page that the index does not name yet comes last of its kind."""
    if page != "index":
        return
    for folder in ("tutorials", "how-to", "reference", "explanation"):
        pages = sorted(f"{folder}/{path.stem}" for path in (Path(app.srcdir) / folder).glob("*.md"))
        new = [name for name in pages if f"\n{name}\n" not in source[0]]
        *_, last = re.finditer(rf"^{folder}/[\w-]+\n", source[0], re.MULTILINE)
        source[0] = source[0][: last.end()] + "".join(f"{name}\n" for name in new) + source[0][last.end() :]


def _drop_module_text(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """A module's docstring draws its errors as a tree, for those who read the source."""
    if what == "module":
        lines.clear()
