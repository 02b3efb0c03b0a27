"""Options before positionals: which words after an option that takes several are none of its own."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from oodflow.errors import UsageError
from oodflow.files import path_of

_SEVERAL = ("+", "*")


@dataclass(frozen=True)
class _Option:
    """An option and the words behind it: from ``start`` up to ``stop``."""

    greedy: bool
    start: int
    stop: int


def positionals_first(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[str]:
    """Move words in front that argparse would give to an option, and that a positional lacks.

    It gives an option of several values all words that follow, so that of ``evaluate --ood mnist runs/mine`` no run
    would be left. The last words of such an option go to the positionals, where there are none otherwise: as many as
    must be, or where any number may be, those that are files or folders. One at least stays with the option.
    """
    wanted = [action for action in parser._actions if not action.option_strings and action.nargs in (None, "+")]
    if not wanted or "--" in words or any(action.nargs == argparse.PARSER for action in parser._actions):
        return list(words)
    options = list(_options(parser, words))
    if len(words) > sum(option.stop - option.start + 1 for option in options):
        return list(words)  # some stand for themselves
    for option in reversed([option for option in options if option.greedy]):
        stop, start = option.stop, option.stop
        if any(action.nargs == "+" for action in wanted):
            while start > option.start + 1 and _is_there(words[start - 1]):
                start -= 1
        elif stop - option.start > len(wanted):
            start -= len(wanted)
        if start < stop:
            return [*words[start:stop], *words[:start], *words[stop:]]
    return list(words)


def _options(parser: argparse.ArgumentParser, words: Sequence[str]) -> Iterator[_Option]:
    known = parser._option_string_actions
    marks = [i for i, word in enumerate(words) if word.startswith("-") and word != "-" and not _is_number(word)]
    for i, after in pairwise([*marks, len(words)]):
        name, given, _ = words[i].partition("=")
        actions = [known[name]] if name in known else [known[full] for full in known if full.startswith(name)]
        nargs = actions[0].nargs if actions and not given else 0
        greedy = nargs in _SEVERAL
        takes = after - i - 1 if greedy else min(after - i - 1, 1 if nargs is None else 0)
        yield _Option(greedy, i + 1, i + 1 + takes)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _is_there(word: str) -> bool:
    try:
        return path_of(word).exists()
    except (UsageError, OSError):
        return False
