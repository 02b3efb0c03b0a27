"""The entry point: exit codes and errors in one sentence."""

import os
import sys
import warnings
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from oodflow.cli.parser import parse
from oodflow.cli.process import keep_freed_memory, yield_when_waiting
from oodflow.cli.streams import let_go, make_ready
from oodflow.errors import OodflowError, UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.

    0: done. 1: ran and failed. 2: bad usage. 130: stopped by Ctrl-C.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    debug = "--debug" in arguments
    make_ready()
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()  # here, where it is known what to say of a full disk
    except BrokenPipeError:  # the reader of our output has gone, as in `oodflow data list | head`
        let_go()
        return 1
    except KeyboardInterrupt:
        return _fail("stopped.", 130)
    except OodflowError as error:
        if debug:
            raise
        code = getattr(error, "exit_code", 2 if isinstance(error, UsageError) else 1)
        return code if _told_by_another(error) else _fail(str(error), code)
    except OSError as error:
        let_go()
        if debug:
            raise
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}.", 1)
    except Exception as error:
        if debug:
            raise
        return _fail(f"unexpected {type(error).__name__}: {error}. Repeat with --debug for the traceback.", 1)


SHARED = ("train", "evaluate", "detect")
"""The commands whose work several processes can share."""


@contextmanager
def _joined(parsed: Namespace) -> Iterator[None]:
    """Join the processes that a launcher has started with this one.

    Raises:
        UsageError: there are some, and the command is done by one alone.
    """
    if _alone():
        yield
        return
    from oodflow import ranks

    command = parsed.parser.prog.split()[1]
    if command not in SHARED:
        raise UsageError(
            f"WORLD_SIZE is {ranks.launched()}, but `oodflow {command}` is done by one process: start it by itself. "
            f"Several can share the work of {', '.join(SHARED)}."
        )
    with ranks.joined():
        yield


def _run(arguments: Sequence[str]) -> int:
    parsed = parse(arguments)
    keep_freed_memory()
    yield_when_waiting()
    with _plugins(parsed.plugins, debug=parsed.debug), _joined(parsed):
        return int(parsed.run(parsed) or 0)


@contextmanager
def _plugins(names: Sequence[str], *, debug: bool) -> Iterator[None]:
    """Import plug-ins, and say in a sentence which offers of other packages are left out.

    What libraries warn of their insides is shown with ``--debug`` alone.
    """
    from oodflow.registry import PluginWarning, import_plugin  # not before the parser has shown its help

    with warnings.catch_warnings():
        warnings.simplefilter("always", PluginWarning)
        show = warnings.showwarning

        def say(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, PluginWarning):
                print(f"oodflow: {' '.join(str(message).split())}", file=sys.stderr)
            elif debug:
                show(message, category, *where, **more)

        warnings.showwarning = say
        for name in names:
            import_plugin(name)
        yield


def _told_by_another(error: OodflowError) -> bool:
    """Whether another one of several processes, which a launcher has started alike, tells the user of an error.

    What was mistyped all of them find, each by itself, and the first one tells.
    """
    from oodflow.ranks import TO_TELL, TOLD

    notes = getattr(error, "__notes__", ())
    misused = isinstance(error, UsageError) and not _alone() and os.environ.get("RANK", "0") != "0"
    return TOLD in notes or (misused and TO_TELL not in notes)


def _alone() -> bool:
    return os.environ.get("WORLD_SIZE", "1") in ("", "1")


def _fail(message: str, code: int) -> int:
    with suppress(OSError):  # nobody is there to read it
        print(f"oodflow: {' '.join(message.split())}", file=sys.stderr)
    return code
