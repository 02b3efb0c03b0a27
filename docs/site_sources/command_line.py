"""A page about the command line, made of its parser."""

from argparse import Action, ArgumentParser
from collections.abc import Iterator
from textwrap import fill

from oodflow.cli.arguments import Verbs
from oodflow.cli.parser import build_parser
from site_sources.text import plain, title

EVERYWHERE = ("help", "debug", "plugins_before", "plugins_between", "plugins_after")
BLANK = "\N{NO-BREAK SPACE}"  # within an argument, where a line shall not be broken


def command_line_page() -> str:
    """Write what ``--help`` says, one section a verb, as reStructuredText."""
    parser = build_parser()
    said = (
        f"{parser.description} ``oodflow VERB --help`` says the same in a terminal. Exit codes are 0, 1 for what ran "
        "and failed, and 2 for what was asked wrongly; ``--debug`` shows a traceback, and ``--plugin FILE_OR_MODULE``, "
        "which may stand anywhere and often, runs a file of yours first, for what it registers.\n"
    )
    return "\n".join([title("Command line", "="), said, *(section(name, verb) for name, verb in verbs(parser))])


def verbs(parser: ArgumentParser, before: str = "oodflow") -> Iterator[tuple[str, ArgumentParser]]:
    """Yield each verb with its full name; of those that have verbs themselves, these."""
    for action in parser._actions:
        if isinstance(action, Verbs):
            for name, verb in action.choices.items():
                inner = list(verbs(verb, f"{before} {name}"))
                yield from inner or [(f"{before} {name}", verb)]


def section(name: str, verb: ArgumentParser) -> str:
    """Write a verb's section."""
    arguments = [action for action in verb._actions if action.dest not in EVERYWHERE]
    words = " ".join(in_usage(verb, action).replace(" ", BLANK) for action in arguments)
    usage = fill(f"{name} {words}", 88, initial_indent="   ", subsequent_indent="       ").replace(BLANK, " ")
    said = [f"{text}\n" for text in (verb.description, verb.epilog) if text]
    code = [".. code-block:: text\n", f"{usage}\n", f".. program:: {name}\n"]
    return "\n".join([title(name, "-"), *said, *code, *(described(verb, action) for action in arguments)])


def in_usage(verb: ArgumentParser, action: Action) -> str:
    """Write an argument as it stands in a command, in brackets where it may be left out."""
    word = " ".join([*action.option_strings[-1:], taken(verb, action)]).strip()
    return f"[{word}]" if action.option_strings and not action.required else word


def described(verb: ArgumentParser, action: Action) -> str:
    """Write an argument with what it takes and what it does."""
    names = [f"{name} {taken(verb, action)}".strip() for name in action.option_strings] or [str(action.metavar)]
    said = verb._get_formatter()._expand_help(action) if action.help else ""
    return f".. option:: {', '.join(names)}\n\n   {plain(said)}\n"


def taken(verb: ArgumentParser, action: Action) -> str:
    """Write what an argument takes, as the library does."""
    formatter = verb._get_formatter()
    option = bool(action.option_strings)
    name = formatter._get_default_metavar_for_optional if option else formatter._get_default_metavar_for_positional
    return "" if action.nargs == 0 else formatter._format_args(action, name(action))
