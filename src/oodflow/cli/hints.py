"""What whoever writes an option that there is not may have meant."""

import argparse
import difflib
from collections.abc import Sequence

from oodflow.errors import OodflowError

_SAME = {
    "cuda": "device cuda", "gpu": "device cuda", "cpu": "device cpu", "mps": "device mps", "o": "out", "output": "out",
    "output-dir": "out", "run-dir": "out", "save": "write", "n": "limit", "num": "limit", "data-root": "data-dir",
    "random-state": "seed", "random-seed": "seed", "dataset": "ood", "data": "ood",
    "datasets": "ood", "out-of-distribution": "ood", "score": "scores", "metrics": "scores", "metric": "scores",
}  # fmt: skip


def hint(parser: argparse.ArgumentParser, unknown: Sequence[str], words: Sequence[str]) -> str:
    """Say what to write for the first unknown option, as ``: write training.lr=1e-4``; empty where nothing is near.

    Args:
        parser: of the verb.
        unknown: what it did not take.
        words: the command line, which has the option's value.
    """
    option = next((word for word in unknown if word.startswith("-")), None)
    if option is None:
        return ""
    name, _, value = option.partition("=")
    name = name.lstrip("-")
    if not value and option in words:
        value = next(iter(words[list(words).index(option) + 1 :]), "")
    if "overrides" in {action.dest for action in parser._actions} and (meant := _field(name, value, words)):
        return f": {meant}"
    options = [known for known in parser._option_string_actions if known.startswith("--")]
    if f"--{name}" in options:
        return ": it goes behind the verb"
    same = f"--{_SAME.get(name.replace('_', '-').lower(), '')}"
    near = [same] if same.split(" ")[0] in options else difflib.get_close_matches(f"--{name}", options, n=1, cutoff=0.7)
    return f": write {near[0]}" if near else ""


def _field(name: str, value: str, words: Sequence[str]) -> str | None:
    """Say how the field of a configuration is set that an option stands for, if it does."""
    from oodflow.recipes import RECIPES  # takes torch with it
    from oodflow.runs.overrides import field_like, fields_of, in_words

    name = name.replace("-", "_")
    recipe = next((word for word in words if word in RECIPES), next(iter(RECIPES)))
    try:
        field = field_like(name, fields_of(RECIPES[recipe]("cpu")))
    except OodflowError:
        return None
    return field and in_words(name, field, value if value and not value.startswith("-") else "VALUE")
