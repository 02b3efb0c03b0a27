"""Whether the data that come in are still drawn as those were that a score was calibrated with."""

from collections.abc import Iterable

import numpy as np

from oodflow.deployment.detector import Finding
from oodflow.errors import UsageError
from oodflow.metrics import ConformalMartingale
from oodflow.records import Record
from oodflow.scores import Values


class DriftSummary(Record):
    """What a stream came to.

    Attributes:
        data: how many were scored.
        log10: of the martingale after the last of them.
        highest: the largest that it has been.
        level: what it was to pass.
        passed: where it first did, as ``number`` among the data scored, from 0, ``file`` and ``row``; none: nowhere.
    """

    data: int
    log10: float
    highest: float
    level: float
    passed: dict[str, str | int | None] | None

    @property
    def sentence(self) -> str:
        """All of it in words, with what is promised."""
        place = "it never passed"
        if self.passed is not None:
            row = "" if self.passed["row"] is None else f", row {self.passed['row']:,}"
            place = f"at datum {self.passed['number']:,} ({self.passed['file']}{row}) it first passed"
        return (
            f"drift: over {self.data:,} data the log10 of the martingale is {self.log10:.2f} and was at most "
            f"{self.highest:.2f}; {place} {self.level:g}, which a stream that is exchangeable with the held-out data "
            f"ever does with a probability of at most {1 / self.level:.3g} (Ville's inequality)."
        )


class Drift:
    """Watches a stream of findings.

    Args:
        held_out: scores of held-out in-distribution data.
        level: what the martingale is to pass, above 1.
        seed: of the p-values' random part.

    Raises:
        UsageError: for another level.
    """

    def __init__(self, held_out: Values, *, level: float = 100.0, seed: int = 0) -> None:
        if not level > 1:
            raise UsageError(f"the level of drift is {level:g}: expected a number above 1, such as 100.")
        self.level, self.data = level, 0
        self._martingale = ConformalMartingale(held_out, seed=seed)
        self._passed: dict[str, str | int | None] | None = None

    def see(self, findings: Iterable[Finding]) -> None:
        """Take the next findings; errors are left out."""
        scored = [one for one in findings if one.verdict != "error"]
        if not scored:
            return
        capital = self._martingale.update(np.array([one.score for one in scored], np.float64))
        above = (10.0 ** capital.clip(max=300) >= self.level).nonzero()[0]
        if self._passed is None and above.size:
            first = scored[above[0]]
            self._passed = {"number": self.data + int(above[0]), "file": first.file, "row": first.row}
        self.data += len(scored)

    def summary(self) -> DriftSummary:
        """Sum up what was seen."""
        watch = self._martingale
        return DriftSummary(
            data=self.data, log10=watch.log10, highest=watch.highest, level=self.level, passed=self._passed
        )
