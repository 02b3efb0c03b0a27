"""Docstrings in Google's style, as reStructuredText."""

from typing import Any

from sphinx.ext.napoleon import Config, GoogleDocstring

STYLE = Config(napoleon_use_ivar=True, napoleon_attr_annotations=False, napoleon_custom_sections=["Reference"])


def as_restructured(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Turn sections such as ``Args`` into fields, in place. A colon in what is said of an attribute is no type's."""
    kind = "method" if what in ("attribute", "data", "property") else what
    lines[:] = GoogleDocstring(lines, STYLE, app, kind, name, value, options).lines()
