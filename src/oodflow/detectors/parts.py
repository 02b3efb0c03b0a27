"""Dealing rows: what is trained on, what the model is chosen by, what promises rest on."""

from math import ceil
from typing import NamedTuple

import numpy as np

from oodflow.data import ImageSet
from oodflow.detectors.defaults import HELD_OUT_AT_MOST, VALIDATION
from oodflow.detectors.rows import Rows
from oodflow.errors import UsageError
from oodflow.scores import Score
from oodflow.session.user_data import part_of


class Parts(NamedTuple):
    """Rows by what they serve for.

    Attributes:
        training: what the density is fitted to; none where it is fitted already.
        choice: held out: what training is watched by, and what the score learns from; none where neither is done.
        calibration: held out from all of that: what thresholds and p-values rest on, so that they hold.
    """

    training: Rows | None
    choice: Rows | None
    calibration: Rows | None

    def for_score(self, score: Score) -> Rows:
        """Choose what a score learns from: what was held out for that, if anything was."""
        held_out_first = (self.choice, self.training, self.calibration)
        order = (self.training, *held_out_first) if score.learns_from_training else held_out_first
        return next(part for part in order if part is not None)


def deal_rows(data: Rows, validation: float | None, seed: int, *, fits: bool, chooses: bool) -> Parts:
    """Deal rows at random by the seed.

    Args:
        data: N rows.
        validation: the share to hold out; none: a fifth.
        seed: a number from 0.
        fits: whether the density is to be fitted; else all rows are held out, as far as it is concerned.
        chooses: whether something is to be chosen by held-out rows; a half of them is for that.

    Raises:
        UsageError: ``validation`` is no share.
    """
    share = VALIDATION if validation is None else validation
    if isinstance(share, bool) or not isinstance(share, float | int | np.number) or not 0 <= share < 1:
        raise UsageError(f"validation is {validation!r}: expected the share of rows to hold out, from 0 to below 1.")
    n = len(data)
    held = min(round(share * n), HELD_OUT_AT_MOST["images" if isinstance(data, ImageSet) else "rows"], n - 2)
    held = held if fits else n
    for_choice = held // 2 if chooses else 0
    if chooses and for_choice < 2:  # too few to tell anything by
        held, for_choice = (0, 0) if fits else (n, n)
    order = np.random.default_rng((seed, n)).permutation(n)
    choice, calibration, training = np.split(order, [for_choice, held])
    return Parts(*(part_of(data, rows) if len(rows) else None for rows in (training, choice, calibration)))


def require_enough(score: Score, learned_from: Rows, data: Rows, validation: float | None, *, fits: bool) -> None:
    """Refuse, before anything takes time, rows of which too few are for the score to learn from.

    Args:
        score: the score.
        learned_from: the part that is for it, of :meth:`Parts.for_score`.
        data: all of the rows.
        validation: the share of them that was held out; none: a fifth.
        fits: whether others are for the density to be fitted to.

    Raises:
        UsageError: says how many rows are enough.
    """
    if not score.learns or len(learned_from) >= score.least:
        return
    share = (VALIDATION if validation is None else validation) if fits else 1
    enough = max(ceil(2 * score.least / share), 2 * score.least + 2) if share else score.least
    raise UsageError(
        f"the score {score.name} learns from {score.least} {data.unit} at least, and of the {len(data)} in X "
        f"{len(learned_from)} are for that: pass {enough} or more, or take another score, such as score='likelihood'."
    )
