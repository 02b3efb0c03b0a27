"""Arguments that several verbs take, and what can be wrong with one."""

import argparse
import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from oodflow.cli.order import positionals_first
from oodflow.errors import UnknownName, UsageError
from oodflow.files import path_of


class Parser(argparse.ArgumentParser):
    """Argument parser whose errors are one sentence.

    Attributes:
        restates: whether words such as ``data=SPEC`` say where data of a run lie now, wherever they stand.
    """

    restates = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, with options before or after positionals, and what says where data lie anywhere."""
        words = sys.argv[1:] if args is None else list(args)
        restated = [word for word in words if self.restates and re.match(r"(data|objective\.\w+)=", word)]
        others = [word for word in words if word not in restated]
        parsed, rest = super().parse_known_args(positionals_first(self, others), namespace)
        if self.restates:
            parsed.restated = restated
        return parsed, rest

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and exiting."""
        raise UsageError(f"{message}; see `{self.prog} --help`.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Name the nearest choices, where the library lists all of them."""
        if action.choices is not None and value not in action.choices:
            kind = action.option_strings[0] if action.option_strings else str(action.metavar).lower()
            raise UnknownName(kind, value, action.choices)


Verbs = argparse._SubParsersAction  # the library has no public name for it


def add_verb(verbs: "Verbs[Parser]", name: str, target: str, text: str) -> Parser:
    """Add a verb, whose ``module:function`` is imported when it runs."""
    parser: Parser = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("--debug", action="store_true", help="show a traceback when something fails")
    add_plugin(parser, "after")
    parser.set_defaults(run=_lazily(target), parser=parser)
    return parser


def add_page(verbs: "Verbs[Parser]", name: str, text: str, runs: str, *, pictured: bool = False) -> Parser:
    """Add a verb that puts runs side by side, or writes them as a page."""
    parser = add_verb(verbs, name, f"oodflow.cli.{name}:run", text)
    parser.add_argument("run_dirs", nargs="+", type=path, metavar="RUN", help=runs)
    what = "PATH.md, PATH.json and PATH.png instead" if pictured else "PATH.md and PATH.json instead of printing"
    parser.add_argument("--write", type=path, metavar="PATH", help=f"write {what}")
    add_json(parser)
    return parser


def _lazily(target: str) -> Callable[[argparse.Namespace], int | None]:
    module, function = target.split(":")

    def call(arguments: argparse.Namespace) -> int | None:
        result: int | None = getattr(import_module(module), function)(arguments)
        return result

    return call


PLACES = ("before", "between", "after")  # the verb: what a parser inside of another finds would hide the other's


def add_plugin(parser: Parser, place: str) -> None:
    """Take plug-ins before, between or after verbs."""
    parser.add_argument(
        "--plugin", dest=f"plugins_{place}", action="append", default=[], metavar="FILE_OR_MODULE",
        help="run a .py file or a module first, for the scores, flows and others that it registers; may be repeated",
    )  # fmt: skip


def add_restated(parser: Parser) -> None:
    """Take where the data of a run lie now."""
    parser.restates = True
    parser.epilog = "data=SPEC says where what the run was trained on lies now, if that is not where it was."


def add_data_dir(parser: Parser) -> None:
    """Take where data sets lie."""
    parser.add_argument("--data-dir", type=path, metavar="DIR", help="where data sets lie (default: $OODFLOW_DATA)")


def add_device(parser: Parser) -> None:
    """Take a device."""
    text = "auto (a CUDA GPU if there is one, the default), cpu, cuda, cuda:1 or another of several, mps"
    parser.add_argument("--device", default="auto", type=device, metavar="DEVICE", help=text)


def add_out(parser: Parser, what: str) -> None:
    """Take where to write what comes of a run."""
    text = f"write {what} there, not into RUN; the folder then stands for it (default: RUN)"
    parser.add_argument("--out", type=path, metavar="FOLDER", help=text)


def add_json(parser: Parser) -> None:
    """Take that the result shall be JSON."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def path(text: str) -> Path:
    """Read a path, with ``~`` for the user's own folder."""
    try:
        return path_of(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("path is ").rstrip(".")) from error


def device(text: str) -> str:
    """Read the name of a device, whether or not there is one here."""
    from oodflow.training.devices import device_name  # torch is loaded for who names a device, and not for help

    try:
        return device_name(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("device is ").rstrip(".")) from error


def positive(text: str) -> int:
    """Read a whole number from 1."""
    return _whole_number(text, 1)


def from_zero(text: str) -> int:
    """Read a whole number from 0."""
    return _whole_number(text, 0)


def indices(text: str) -> tuple[int, ...]:
    """Read whole numbers from 0 with commas between."""
    return tuple(_whole_number(part.strip(), 0) for part in text.split(","))


def whole(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number but got {text!r}") from None


def number(text: str) -> float:
    """Read a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number but got {text!r}") from None


def at_least_two(text: str) -> int:
    """Read a whole number from 2."""
    return _whole_number(text, 2)


def share(text: str) -> float:
    """Read a share between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, such as 0.05, but got {text!r}")
    return value


def _whole_number(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"expected a whole number from {least} but got {text!r}")
    return int(text)
