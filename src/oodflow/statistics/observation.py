"""A data set seen by a model: all statistics that are asked for, each computed once."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow import ranks
from oodflow.data import DataSet, data_set_of
from oodflow.errors import NotFinite, UsageError
from oodflow.flows import Flow
from oodflow.statistics.batch import Batch
from oodflow.statistics.cost import UNKNOWN, Cost, together
from oodflow.statistics.groups import deal
from oodflow.statistics.model import Density, InEval, density_of
from oodflow.statistics.requirements import require_shape
from oodflow.statistics.statistic import Array, Statistic
from oodflow.statistics.store import Store

Progress = Callable[[int, int], None]
"""Called with (images done, images in all) after each batch."""


class Observation:
    """A data set and what a model makes of it: statistics by index, computed when they are first asked for.

    The noise of an image is a function of (seed, draw, the image), so a statistic of an image depends on no other
    image, nor on the batch size but for rounding.

    Args:
        model: a flow, or any density (:func:`~oodflow.statistics.density_of`), used on the device where it is and in
            eval mode; it is left as it was. None: only statistics of the data alone are there.
        data: N images or vectors of the model's shape: a data set, or an array, uint8 ``[N,C,H,W]`` of images or floats
            ``[N, ...]`` of rows.
        seed: of the dequantisation noise, and of dealing images into groups.
        draws: K, how many draws of the noise to average; the cost grows with it.
        batch_size: images that go through the model at once.
        store: where to look for statistics before computing them, and to keep them.
        progress: called after each batch.
        known: statistics that are known already, each ``[N, *shape]``.
        shared: whether the processes that have been joined (:mod:`oodflow.ranks`) share the batches of each pass; all
            then ask for the same, and have all that comes of it.

    Raises:
        UsageError: the data is none, its shape is not the flow's, or ``draws`` or ``batch_size`` is not positive.

    Example:
        >>> from oodflow.flows import RealNVPConfig
        >>> from oodflow.statistics import Latents, LogDet, LogProb
        >>> flow = RealNVPConfig(scales=2, width=4).build((1, 8, 8))
        >>> seen = Observation(flow, np.zeros((5, 1, 8, 8), np.uint8))
        >>> seen.collect([LogProb(), LogDet(), Latents()])  # in one pass
        >>> seen[LogProb()].shape, seen[Latents()].shape
        ((5,), (5, 64))
    """

    def __init__(
        self,
        model: Density | None,
        data: DataSet | npt.NDArray[Any],
        *,
        seed: int = 0,
        draws: int = 1,
        batch_size: int = 256,
        store: Store | None = None,
        progress: Progress | None = None,
        known: Mapping[Statistic, Array] | None = None,
        shared: bool = False,
    ) -> None:
        for name, value in (("draws", draws), ("batch_size", batch_size)):
            if value < 1:
                raise UsageError(f"{name} is {value}: expected a positive number.")
        data = data_set_of(data)
        if isinstance(model, Flow):
            require_shape(model, data)
        self.model, self.data, self.seed, self.draws, self.batch_size = density_of(model), data, seed, draws, batch_size
        self.store, self.progress, self.shared = store, progress, shared
        self._values: dict[Statistic, Array] = {}
        self._costs: dict[Statistic, Cost] = {}
        for statistic, values in (known or {}).items():
            self._keep(statistic, np.array(values))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, statistic: Statistic) -> Array:
        """Get a statistic of all images, ``[N, *shape]``, or of groups of G, ``[N // G, *shape]``; it is read-only.

        Groups are dealt at random by the seed, the same for all statistics; errors are those of :meth:`collect`.
        """
        self.collect([statistic])
        return self._values[statistic]

    def collect(self, statistics: Iterable[Statistic]) -> None:
        """Compute all that is not there yet, together: for each draw and size of groups there is one pass at most.

        Draws are added up one by one: memory does not grow with their number.

        Raises:
            UsageError: a statistic can't be computed of this data, or this model.
            NotFinite: a number is infinite or NaN.
        """
        missing = [statistic for statistic in dict.fromkeys(statistics) if statistic not in self._values]
        for statistic in missing:
            if reason := statistic.why_not(self.model, self.data):
                raise UsageError(f"the statistic {statistic.kind} can't be computed: {reason}.")
        model = InEval(self.model)
        for size in dict.fromkeys(statistic.group_size for statistic in missing):
            self._collect(model, [statistic for statistic in missing if statistic.group_size == size])

    def _collect(self, model: InEval, missing: list[Statistic]) -> None:
        """Compute statistics of groups of one size."""
        draws = {statistic: self._draws_of(statistic) for statistic in missing}
        last = max(draws.values(), default=0)
        totals: dict[Statistic, Array] = {}
        for draw in range(last):
            drawn = self._drawn(model, [s for s in missing if draw < draws[s]], draw, last)
            for statistic, (values, cost) in drawn.items():
                totals[statistic] = statistic.add(totals[statistic], values) if draw else values
                self._costs[statistic] = self._costs[statistic] + cost if draw else cost
        with self._as_one():
            for statistic, total in totals.items():
                self._keep(statistic, statistic.average(total, draws[statistic]))

    def seconds(self, statistics: Iterable[Statistic]) -> float:
        """Tell how long it took to compute some statistics of all images together, now or when they were stored.

        NaN where that is not known of one of them, which was given, or stored by an older version.
        """
        asked = list(dict.fromkeys(statistics))
        self.collect(asked)
        return together(self._costs.get(statistic, UNKNOWN) for statistic in asked)

    def _draws_of(self, statistic: Statistic) -> int:
        return self.draws if statistic.random(self.model, self.data) else 1

    def _noise(self, statistic: Statistic, draw: int) -> tuple[int, int] | None:
        dealt = statistic.group_size > 1  # by the seed
        return (self.seed, draw) if dealt or statistic.random(self.model, self.data) else None

    def _recall(self, statistic: Statistic, draw: int) -> tuple[Array, Cost] | None:
        if self.store is None or not statistic.stored:
            return None
        found = self.store.read(statistic, self.data.fingerprint, self._noise(statistic, draw))
        return found if found is not None and found[0].shape == self._shape(statistic) else None

    def _drawn(
        self, model: InEval, statistics: list[Statistic], draw: int, draws: int
    ) -> dict[Statistic, tuple[Array, Cost]]:
        """Get one draw of some statistics: from the store what is there, and the others in one pass, for it to keep."""

        def recall() -> dict[Statistic, tuple[Array, Cost] | None]:
            return {statistic: self._recall(statistic, draw) for statistic in statistics}

        kept = ranks.from_first(recall) if self.shared else recall()
        found = {statistic: one for statistic, one in kept.items() if one is not None}
        if missing := [statistic for statistic in statistics if statistic not in found]:
            made = self._pass(model, missing, draw, draws)
            with self._as_one():
                if self.store is not None and (ranks.is_first() or not self.shared):
                    for statistic, (values, cost) in ((one, new) for one, new in made.items() if one.stored):
                        self.store.write(statistic, self.data.fingerprint, self._noise(statistic, draw), values, cost)
            found |= made
        return found

    def _pass(
        self, model: InEval, statistics: list[Statistic], draw: int, draws: int
    ) -> dict[Statistic, tuple[Array, Cost]]:
        """Take all images through the model once, with the noise of a draw."""
        size = statistics[0].group_size
        order = np.arange(len(self)) if size == 1 else deal(len(self), size, self.seed).ravel()
        step = size * max(1, self.batch_size // size)  # whole groups
        batches = [order[start : start + step] for start in range(0, len(order), step)]
        mine = batches[ranks.share(len(batches))] if self.shared else batches
        made: list[list[tuple[Array, Cost]]] = []
        done, times = 0, len(batches) / max(1, len(mine))  # the others are about as far
        with self._as_one():
            for rows in mine:
                batch = Batch(model, self.data.batch(rows), seed=self.seed, draw=draw)
                made.append([batch.timed(statistic.compute) for statistic in statistics])
                done += len(rows)
                if self.progress is not None:
                    self.progress(draw * len(order) + min(len(order), round(done * times)), draws * len(order))
        if self.shared:
            made = [one for theirs in ranks.from_all(made) for one in theirs]
        return {
            statistic: (np.concatenate([values for values, _ in parts]), sum((cost for _, cost in parts), Cost(0, 0)))
            for statistic, parts in zip(statistics, zip(*made, strict=True), strict=True)
        }

    def _as_one(self) -> AbstractContextManager[None]:
        """Let an error of one of the processes that share a pass be the error of all, and be told once."""
        return ranks.everywhere() if self.shared else nullcontext()

    def _shape(self, statistic: Statistic) -> tuple[int, ...]:
        return (len(self) // statistic.group_size, *statistic.shape(self.model, self.data))

    def _keep(self, statistic: Statistic, values: Array) -> None:
        """Check a statistic, and keep it so that nobody can change it."""
        if values.shape != self._shape(statistic) or values.dtype.kind != "f":
            raise UsageError(
                f"{statistic.kind} of {self.data.name} is {values.dtype} {list(values.shape)}: expected floats "
                f"{list(self._shape(statistic))}, as the statistic's shape says."
            )
        impossible = statistic.needs == "density" and not isinstance(self.model, Flow)  # as any density may find a row
        bad = np.argwhere(~(np.isfinite(values) | (impossible & (values == -np.inf))))
        if bad.size:
            count = len(np.unique(bad[:, 0]))
            what = "images" if statistic.group_size == 1 else f"groups of {statistic.group_size} images"
            raise NotFinite(
                f"the flow gives {count:,} of {len(values):,} {what} of {self.data.name} a {statistic.quantity} that "
                f"is infinite or NaN, the first at index {bad[0, 0]} ({values[tuple(bad[0])]}): the flow has diverged, "
                "or overflows on these images; train it with a lower training.lr."
            )
        values.flags.writeable = False
        self._values[statistic] = values
