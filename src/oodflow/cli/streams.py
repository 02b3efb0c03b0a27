"""Standard streams of any encoding, closed, or gone."""

import codecs
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

_SIGNS = {
    "…": "...", "–": "-", "−": "-", "·": "*", "×": "x", "±": "+-", "→": "->", "≤": "<=", "≥": ">=", "≈": "~", "²": "^2",
    "“": '"', "”": '"', "’": "'",
}  # fmt: skip
_ESCAPED = "oodflow.escaped"


def make_ready() -> None:
    """Let streams take every character, whatever their encoding, and stand in for those that are closed."""
    codecs.register_error(_ESCAPED, _escaped)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ESCAPED)


def let_go() -> None:
    """Send what can't be written any more nowhere, so that the interpreter does not stumble over it at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                _to_nowhere(stream)


def _to_nowhere(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _escaped(error: UnicodeError) -> tuple[Any, int]:
    """Write signs that an encoding lacks by others, and letters, which may be a file's name, by their numbers."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    if (sign := _SIGNS.get(error.object[error.start])) is not None:
        return sign, error.start + 1
    lone = UnicodeEncodeError(error.encoding, error.object, error.start, error.start + 1, error.reason)
    return codecs.backslashreplace_errors(lone)
