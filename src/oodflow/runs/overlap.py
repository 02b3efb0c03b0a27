"""Images, or rows, that are on both sides, in and out of distribution: told by their content, not by their names."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from oodflow.data import DataSet, ImageSet, load, same_set
from oodflow.data.content import Keys, content_keys
from oodflow.data.naming import is_own
from oodflow.data.spec import without_encoder
from oodflow.errors import OodflowError, UsageError
from oodflow.runs.config import RunConfig

STEP = 4096  # images hashed at a time
Set = TypeVar("Set", bound=DataSet)
NONE: Keys = np.empty(0, np.uint64)


def overlaps(config: RunConfig, test: DataSet | None, outsides: Sequence[DataSet], root: Path | None) -> list[str]:
    """Say of the test set what was trained on, and of each other set what is in distribution, whatever file it lies in.

    In distribution is what is in the test set and, where a user's own data are on either side, what was trained on and
    held out; official sets by two names are two. What is not on disk is not looked at. What the weights that training
    began with have seen is trained on, and said of the other sets, too.

    Args:
        config: of the run.
        test: whole; none: it is not there yet.
        outsides: whole, out of distribution.
        root: where data sets lie.

    Returns:
        A note for the test set, if there is one, and one for each other; empty where nothing is to be said.

    Raises:
        UsageError: all images of a set are where none should be.
    """
    sets = [*([] if test is None else [test]), *outsides]
    before = config.start.data if config.start else ()
    own = any(map(is_own, (config.data, *before, *(one.name for one in sets))))
    trained_on = _known([config.data], [config.split], root) if own else NONE
    inside = [trained_on, _known([config.data], ["calibration", "test"], root) if own else NONE]
    whole = config.start.whole if config.start else ()
    earlier = np.concatenate([_known(before, ["train"], root), _known(whole, ["calibration"], root)]) if own else NONE
    notes = []
    if test is not None:
        keys = _keys(_images(test, root))
        inside.append(keys)
        notes.append(_note(test, keys, np.concatenate([trained_on, earlier]), "trained on"))
    joined = np.concatenate(inside)
    for one in outsides:
        keys = _keys(_images(one, root))
        said = [_note(one, keys, joined, "in distribution"), _seen_before(one, keys, before, earlier)]
        notes.append("; ".join(filter(None, said)))
    return notes


def noted(config: RunConfig, sets: Sequence[Set], root: Path | None) -> list[Set]:
    """Add to sets, the test set first, the notes of :func:`overlaps`; errors as it has."""
    notes = overlaps(config, sets[0], sets[1:], root)
    return [
        replace(cast(Any, one), note="; ".join(filter(None, [one.note, note])))
        for one, note in zip(sets, notes, strict=True)
    ]


def overlaps_ahead(config: RunConfig, root: Path | None) -> list[str]:
    """Say, before anything is trained, which sets to ask about or to push down are in distribution in part.

    Of official sets nothing is looked at, and what is wrong with a set is for whoever needs it to say.

    Raises:
        UsageError: all images of one are.
    """
    asked = {spec: config.asked_split(spec) for spec in config.ood}
    asked |= dict.fromkeys(config.objective.streams.values(), config.split)
    outsides: list[DataSet] = []
    for spec, split in asked.items():
        with suppress(OodflowError):
            if is_own(spec) or is_own(config.data):
                outsides.append(load(spec, split, root=root))
    notes = overlaps(config, None, outsides, root) if outsides else []
    return [f"{one.name}: {note}." for one, note in zip(outsides, notes, strict=True) if note]


def _note(data: DataSet, keys: Keys, others: Keys, what: str) -> str:
    """Count what is among others, and refuse a set of images that is wholly so.

    Rows of a few numbers may well be the same by chance.
    """
    count, every = int(np.isin(keys, others).sum()), len(keys)
    if count == every and isinstance(data, ImageSet):
        raise UsageError(
            f"all {every:,} {data.unit} of {data.name} ({data.split}) are {what} as well, by their content: name other "
            "data, or take these away from one of the two."
        )
    return f"{count:,} of these {every:,} {data.unit} are {what} as well, by their content" if count else ""


def _seen_before(data: DataSet, keys: Keys, before: Iterable[str], earlier: Keys) -> str:
    """Say whether the weights that training began with know a set, by its name, or some of it, by its content."""
    if any(same_set(data.name, spec) for spec in before):
        return "the weights that training began with were trained on this set"
    count = int(np.isin(keys, earlier).sum())
    whose = "the weights that training began with were trained on before, by their content"
    return f"{count:,} of these {len(keys):,} {data.unit} are what {whose}" if count else ""


def _known(specs: Iterable[str], splits: Sequence[str], root: Path | None) -> Keys:
    """Hash splits of sets, as far as they are there."""
    keys = [NONE]
    for spec in specs:
        for split in splits:
            with suppress(OodflowError):  # whoever needs it will say what is wrong
                keys.append(_keys(load(without_encoder(spec)[0], split, root=root)))
    return np.concatenate(keys)


def _images(data: DataSet, root: Path | None) -> DataSet:
    """Take the images that an encoder's vectors are of, whose last digits depend on the machine."""
    images, encoder = without_encoder(data.name)
    return load(images, data.split, root=root) if encoder else data


def _keys(data: DataSet) -> Keys:
    batches: Iterable[Any] = (data.batch(slice(start, start + STEP)) for start in range(0, len(data), STEP))
    return np.concatenate([content_keys(batch) for batch in batches])
