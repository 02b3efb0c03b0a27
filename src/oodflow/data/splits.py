"""Which images serve for what: training, calibration, test.

The rules, for every data set:

* The official ``test`` part is the ``test`` split, whole.
* ``calibration`` is dealt out of the official ``train`` part at random, by a fixed seed; ``train`` is the rest, and
  ``train+calibration`` is the whole official part, as published recipes use it.
* A set that comes in one part ``all`` (a user's folder or file) is dealt into ``train``, ``calibration`` and ``test``.
* A user's own data may grow. It is dealt by content: each image or row goes where its hash says, a tenth to each part
  that is dealt out, so that what is added, removed or renamed moves no other, and equal ones are in one part.
* A set that brings its own ``calibration`` part is left as it is.
* ``all`` asks for everything that may be scored as out of distribution: the ``test`` part where there is one, else
  every image.

Of ``calibration``, one half may end training and teaches scores, and the other is for promises: see :func:`halves`.

What is dealt out of other sets holds a tenth of the images up to 1,000, or a twentieth if that is more: see
:func:`held_out`.
"""

from collections.abc import Collection
from contextlib import suppress

import numpy as np

from oodflow.data.content import Keys
from oodflow.data.data_set import DataSet
from oodflow.data.image_set import Rows
from oodflow.errors import OodflowError, UnknownName

SPLITS = ("train", "calibration", "test")
ASKABLE = (*SPLITS, "train+calibration", "all")
SEED = 20_200_615  # fixed for good: changing it changes every dealt split
OUT = {"train": ("calibration",), "all": ("calibration", "test")}  # what is dealt out of a part
SHARE = 0.1  # as fixed: of a user's own data, what goes to each part that is dealt out


def part_of(name: str, split: str, parts: Collection[str]) -> str:
    """Name the part that a split is taken from.

    Example:
        >>> part_of("mnist", "calibration", ["train", "test"]), part_of("mnist", "all", ["train", "test"])
        ('train', 'test')
        >>> part_of("folder:pics", "test", ["all"])
        'all'
    """
    if split not in ASKABLE:
        raise UnknownName("split", split, ASKABLE)
    if split in parts:
        return split
    if "all" in parts:
        return "all"
    if split == "all" and "test" in parts:
        return "test"
    if split in ("calibration", "train+calibration") and "train" in parts and "calibration" not in parts:
        return "train"
    raise OodflowError(f"{name} has no {split} split: it comes in {', '.join(parts)} only: ask for one of these.")


def has_split(split: str, parts: Collection[str]) -> bool:
    """Tell whether there is a part that a split can be taken from."""
    with suppress(OodflowError):
        return bool(part_of("", split, parts))
    return False


def is_dealt(split: str, part: str, parts: Collection[str]) -> bool:
    """Tell whether a split is dealt out of a part; otherwise it is the whole of it."""
    return part in OUT and split != "all" and "calibration" not in parts


def rows_of(split: str, part: str, parts: Collection[str], n: int, keys: Keys | None = None) -> Rows:
    """Rows of a part of ``n`` images that belong to a split, ascending; with ``keys``, where these say."""
    if not is_dealt(split, part, parts):
        return np.arange(n)
    hands = deal(n, OUT[part]) if keys is None else deal_by_content(keys, OUT[part])
    return np.sort(np.concatenate([hands[hand] for hand in split.split("+")]))


def deal_by_content(keys: Keys, out: tuple[str, ...]) -> dict[str, Rows]:
    """Deal rows by what they are: of all keys the lowest tenth to the first name of ``out``, the next to the second.

    Example:
        >>> keys = np.array([0.05, 0.15, 0.25, 0.05]) * 2.0**64
        >>> {hand: rows.tolist() for hand, rows in deal_by_content(keys.astype(np.uint64), ("calibration",)).items()}
        {'calibration': [0, 3], 'train': [1, 2]}
    """
    tenths = np.minimum(keys / 2.0**64 // SHARE, len(out))
    return {name: np.flatnonzero(tenths == place) for place, name in enumerate((*out, "train"))}


def deal(n: int, out: tuple[str, ...]) -> dict[str, Rows]:
    """Deal ``n`` rows at random: :func:`held_out` rows to each name of ``out``, the rest to ``train``.

    Example:
        >>> {hand: len(rows) for hand, rows in deal(60_000, ("calibration",)).items()}
        {'calibration': 3000, 'train': 57000}
    """
    order = np.random.default_rng(SEED).permutation(n)
    size = held_out(n)
    hands = {name: np.sort(order[i * size : (i + 1) * size]) for i, name in enumerate(out)}
    return {**hands, "train": np.sort(order[len(out) * size :])}


def held_out(n: int) -> int:
    """Size of a part dealt out of ``n`` images: ``max(n / 20, min(1000, n / 10))``, and at least one.

    Example:
        >>> held_out(60_000), held_out(10_000), held_out(500)
        (3000, 1000, 50)
    """
    return max(1, n // 20, min(1000, n // 10))


def halves(calibration: DataSet) -> tuple[DataSet, DataSet]:
    """Split a calibration part: what may end training and teaches scores, and what promises rest on, seen by neither.

    Example:
        >>> from oodflow.data import RealSet
        >>> first, second = halves(RealSet.from_array(np.arange(5.0)[:, None]))
        >>> first.batch(slice(None)).ravel().tolist(), second.batch(slice(None)).ravel().tolist()
        ([0.0, 2.0, 4.0], [1.0, 3.0])
    """
    first, second = (calibration.take(np.arange(start, len(calibration), 2)) for start in (0, 1))
    return first, second


def limited(calibration: DataSet, n: int) -> DataSet:
    r"""Keep at most ``n`` of a calibration part, spread evenly, whose halves lie each in its own half of the whole.

    Of the P pairs of neighbours, one of either half, those number :math:`\lfloor i P / \lceil n / 2 \rceil \rfloor`.

    Example:
        >>> from oodflow.data import RealSet
        >>> limited(RealSet.from_array(np.arange(12.0)[:, None]), 5).batch(slice(None)).ravel().tolist()
        [0.0, 1.0, 4.0, 5.0, 8.0]
    """
    if n >= len(calibration):
        return calibration
    place, pairs = np.arange(n), -(-len(calibration) // 2)
    return calibration.take(place // 2 * pairs // -(-n // 2) * 2 + place % 2)
