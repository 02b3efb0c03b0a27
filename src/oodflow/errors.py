"""Errors that a user can act on: one sentence that names what came, what was expected and what to do."""

import difflib
from collections.abc import Iterable


class OodflowError(Exception):
    """Something ran and failed. The command line prints the message alone and exits with 1."""


class UsageError(OodflowError, ValueError):
    """An argument cannot be right: an unknown name, a wrong shape. The command line exits with 2."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """Build the error for a name that is not in a registry, with the nearest names that are.

    Args:
        kind: what the name should have been, for example ``"recipe"``.
        name: what came.
        known: the names that exist.

    Example:
        >>> str(unknown("net", "resnit", ["highway", "resnet"]))
        "unknown net 'resnit': did you mean 'resnet'? Known: highway, resnet."
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(repr(n) for n in near)}? Known" if near else "known"
    return UsageError(f"unknown {kind} {name!r}: {hint}: {', '.join(names)}.")
