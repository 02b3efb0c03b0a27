"""Scores by name, also as on the command line: ``typicality``, ``typicality?group=10``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import SerializeAsAny, ValidationError

from oodflow.config import MISSING, first_flaw
from oodflow.errors import OodflowError, UnknownName, UsageError
from oodflow.files import path_of
from oodflow.registry import ChosenFrom, Registry
from oodflow.scores.score import FittedScore, Score, read_fitted

SCORES: Registry[type[Score]] = Registry("score", "oodflow.scores", {})
"""By name; ``registered.py`` has the entries, for some are made of others by name."""

AnyScore = Annotated[SerializeAsAny[Score], ChosenFrom(SCORES)]
"""Settings of any registered score."""


def named_score(text: str) -> Score:
    """Make the score that a name stands for.

    Raises:
        UsageError: for a name or a setting that there is not, and a value that does not fit.

    Example:
        >>> named_score("typicality?group=10")
        Typicality(kind='typicality', group=10)
    """
    kind, _, query = text.partition("?")
    score = SCORES[kind]
    settings: dict[str, object] = {}
    for setting in query.split("&") if query else []:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"score {text!r}: {setting!r} is not of the form key=value, as in typicality?group=10.")
        known = [field for field in score.model_fields if field != "kind"]
        if not known:
            raise UsageError(f"the score {kind} has no settings, but ?{name}= came.")
        if name not in known:
            raise UnknownName(f"setting of {kind}", name, known)
        settings[name] = _value(value)
    return _validated(score, settings, f"score {text!r}")


def shown_scores() -> tuple[dict[str, Score], dict[str, str]]:
    """Make every registered score in the settings that it is shown in, and say why others are not.

    Some need settings of a user's own, some take too long to be computed unless they are asked for.

    Example:
        >>> scores, without_defaults = shown_scores()
        >>> scores["latent-likelihood?scale=-1"].unit, "waic" in without_defaults
        ('nats', True)
    """
    scores: dict[str, Score] = {}
    without: dict[str, str] = {}
    for name, kind in SCORES.items():
        if not kind.shown:
            without[name] = f"{kind.why_not_shown}: ask for it by its name"
        try:
            scores |= {score.name: score for score in map(kind.model_validate, kind.shown)}
        except ValidationError as error:
            flaw = first_flaw(error)
            why = "" if flaw.why == MISSING else f": {flaw.why}"
            without[name] = f"it takes settings of its own, as {name}?{flaw.where or 'setting'}=...{why}"
    return scores, without


def load_score(path: str | Path) -> FittedScore:
    """Read a fitted score; nothing in the file is executed.

    Raises:
        OodflowError: when the file is missing, damaged, holds something else, or a score that is not registered.
    """
    settings, learned = read_fitted(path_of(path))
    kind = settings.get("kind") if isinstance(settings, Mapping) else None
    if not isinstance(kind, str):
        raise OodflowError(f"{path} does not hold a fitted score: its settings have no kind.")
    if kind not in SCORES:
        raise OodflowError(f"{path} can't be read: {UnknownName('score', kind, SCORES)}")
    return FittedScore(_validated(SCORES[kind], settings, str(path)), learned)


def _validated(score: type[Score], settings: Mapping[str, object], what: str) -> Score:
    try:
        return score.model_validate(settings)
    except ValidationError as error:
        flaw = first_flaw(error)
        kind = score.model_fields["kind"].default
        where = flaw.where or kind
        if flaw.why == MISSING:
            raise UsageError(f"{what} lacks the setting {where}: write {kind}?{where}=... .") from error
        raise UsageError(f"{what} does not fit {where}: {flaw.why} (got {flaw.came!r}).") from error


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text
