"""The command line. Nothing heavy is imported before a verb runs, so that help is instant."""

import argparse
from collections.abc import Sequence

from oodflow import __version__
from oodflow.cli.arguments import PLACES, Parser, add_plugin
from oodflow.cli.hints import hint
from oodflow.cli.verbs import add_verbs


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a command line; ``run`` of the result is the function to call with it."""
    parser = build_parser()
    parsed: argparse.Namespace
    parsed, rest = parser.parse_known_args(list(arguments))
    if hasattr(parsed, "overrides"):  # argparse takes positionals in one run only; ours may stand after options too
        words = [word for word in [parsed.recipe, *parsed.overrides, *rest] if word and not word.startswith("-")]
        parsed.recipe = next((word for word in words if "=" not in word), None)
        parsed.overrides = [word for word in words if word is not parsed.recipe]
        rest = [word for word in rest if word.startswith("-")]
    if rest:
        parsed.parser.error(f"unrecognized arguments: {' '.join(rest)}{hint(parsed.parser, rest, arguments)}")
    parsed.command = ["oodflow", *arguments]
    parsed.plugins = [name for place in PLACES for name in getattr(parsed, f"plugins_{place}", [])]
    return parsed


def build_parser() -> Parser:
    """Build the parser of all verbs."""
    parser = Parser(prog="oodflow", description="Normalizing flows and the out-of-distribution data they mistake.")
    parser.add_argument("--version", action="version", version=f"oodflow {__version__}")
    add_plugin(parser, "before")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    add_verbs(verbs)
    return parser
