"""Errors that a user can act on: one sentence that names what came, what was expected and what to do."""

import difflib
from collections.abc import Iterable

NOT_AS_WRITTEN = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What comes of reading text as JSON, and taking out of it what should be there, where something else is."""


class OodflowError(Exception):
    """Something ran and failed. The command line prints the message alone and exits with 1."""


class UsageError(OodflowError, ValueError):
    """An argument cannot be right: an unknown name, a wrong shape. The command line exits with 2."""


class Damaged(OodflowError):
    """A file is not what was written there, or was cut off."""


class NotFinite(OodflowError):
    """A model gives numbers that are infinite or NaN."""


class NotThere(OodflowError):
    """A path that was named is not there. The command line exits with 2, as with all that was mistyped."""

    exit_code = 2


class UnknownName(UsageError, KeyError):
    """A name is not in a registry; the message names the nearest that are.

    Args:
        kind: what the name should have been, for example ``"recipe"``.
        name: what came.
        known: the names that exist.

    Example:
        >>> str(UnknownName("net", "resnit", ["highway", "resnet"]))
        "unknown net 'resnit': did you mean 'resnet'? Known: highway, resnet."
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(repr(n) for n in near)}? Known" if near else "known"
        super().__init__(f"unknown {kind} {name!r}: {hint}: {', '.join(names)}.")

    __str__ = Exception.__str__  # a KeyError would put the message in quotes
