"""Figures on disk."""

import io
import threading
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.text import Text

from oodflow.errors import UsageError
from oodflow.figures.canvas import any_letters
from oodflow.files import legible, written_atomically

# What matplotlib would write into a file that changes without the figure: its own version, the time.
_METADATA: dict[str, dict[str, str | None]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
_SETTINGS = threading.Lock()  # matplotlib's settings are one for all threads


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG or SVG; the file appears complete or not at all, and the same figure makes the same bytes.

    Args:
        figure: what to write.
        path: the file; its suffix, ``.png`` or ``.svg``, is the format.

    Raises:
        UsageError: another suffix.
        OodflowError: the file cannot be written.

    Example:
        >>> save_figure(Figure(), Path("figure.jpeg"))
        Traceback (most recent call last):
            ...
        oodflow.errors.UsageError: figure.jpeg ends in '.jpeg': a figure is saved as .png or .svg.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in _METADATA:
        raise UsageError(f"{path} ends in {path.suffix!r}: a figure is saved as .png or .svg.")
    with written_atomically(path) as unfinished:
        unfinished.write_bytes(figure_bytes(figure, kind))


def figure_bytes(figure: Figure, kind: str) -> bytes:
    """Render a figure as ``png`` or ``svg``; the same figure makes the same bytes."""
    # An SVG names its parts by hashes with a salt that is random unless it is set, and would melt pictures into one.
    settings = matplotlib.rc_context({"svg.hashsalt": "oodflow", "image.composite_image": False})
    rendered = io.BytesIO()
    for text in figure.findobj(Text):
        text.set_text(legible(text.get_text()))
    with _SETTINGS, settings, any_letters():
        figure.savefig(rendered, format=kind, dpi=figure.dpi, metadata=_METADATA[kind])
    return rendered.getvalue()
