"""What the measured quantities say about the paper's observations, sections 3 and 4."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from oodflow.document.numbers import number, with_interval
from oodflow.explanation.record import Coupling, ExplainedSet, Explanation
from oodflow.metrics import Estimate

Verdict = Literal["holds", "does not hold", "can't be told", "does not apply"]
"""``can't be told``: the interval leaves both open, or nothing could be measured; ``does not apply``: the flow has not
got what the statement is about."""

AS_ACCURATE = 0.05  # of R²: how much worse a prediction may be and still count as equally accurate
WELL = 0.5  # R² from which a prediction counts as good
RISE = 0.05  # bits/dim from which likelihoods count as lower


@dataclass(frozen=True)
class Observation:
    """A statement of the paper, with what was measured.

    Attributes:
        section: where it stands.
        claim: the statement, with the rule that decides it.
        measured: the numbers that decide it, in- and out-of-distribution.
        verdict: whether they agree.
    """

    section: str
    claim: str
    measured: str
    verdict: Verdict


def observations(explanation: Explanation) -> list[Observation]:
    """Hold each statement against an explanation."""
    return [observe(explanation) for observe in _OBSERVATIONS]


def _edges(explanation: Explanation) -> Observation:
    claim = "Edges of an image can be recognised in its mean latents, in- and out-of-distribution (intervals above 0)."
    found = [data.edge_correlation["mean"] for data in explanation.sets]
    return Observation("3", claim, _both(explanation, found, "correlation with edges"), _all(map(_above, found)))


def _averaging(explanation: Explanation) -> Observation:
    claim = "They are clearer in the mean over dequantisations than in a single draw (difference above 0)."
    gains = [data.edge_gain for data in explanation.sets]
    text = _both(explanation, gains, "correlation in the mean less that in a single draw")
    return Observation("3", claim, text, _all(map(_above, gains)))


def _train_mode_shape(explanation: Explanation) -> Observation:
    claim = (
        "In batch norm's train mode latents keep the shape of out-of-distribution images alone (difference above 0)."
    )
    if not explanation.train_mode:
        return Observation("3", claim, "no batch norm", "does not apply")
    found = [data.image_correlation["train_mode"] for data in explanation.sets]
    gain = explanation.between.image_correlation_train_mode
    text = _both(explanation, found, "correlation of z with the image, no sign")
    return Observation("3", claim, f"{text}; difference {with_interval(gain, 2)}", _above(gain))


def _train_mode_likelihood(explanation: Explanation) -> Observation:
    claim = "In train mode others become much less likely than in eval mode, its own hardly (over twice the rise)."
    own, others = (data.train_mode_rise for data in explanation.sets)
    if own is None or others is None:
        return Observation("3", claim, "no batch norm", "does not apply")
    text = _both(explanation, [own, others], "bits/dim, train less eval")
    ends = sorted(abs(end) for end in (own.low, own.high))
    least = 0.0 if own.low < 0 < own.high else ends[0]
    if others.low > max(2 * ends[1], RISE):
        return Observation("3", claim, text, "holds")
    fails = others.high < max(2 * least, RISE)
    return Observation("3", claim, text, "does not hold" if fails else "can't be told")


def _accurate(explanation: Explanation) -> Observation:
    claim = f"The first coupling predicts the pixels that it can't see closely (R² from {WELL})."
    found = [data.couplings[0].r2 for data in explanation.sets]
    return Observation("4", claim, _both(explanation, found, "R²"), _all(_above(r2, WELL) for r2 in found))


def _equally(explanation: Explanation) -> Observation:
    claim = f"Couplings predict other images as accurately as its own (R² at most {AS_ACCURATE} lower, in most)."
    verdicts = [_above(gain, -AS_ACCURATE) for gain in explanation.between.r2]
    means = ", ".join(f"{data.name} {_mean_r2(data.couplings, 'r2')}" for data in explanation.sets)
    return Observation("4.1", claim, f"{_tally(verdicts)}; mean R² {means}", _most(verdicts))


def _flat(explanation: Explanation) -> Observation:
    claim = (
        "The log-scale s of the first coupling is larger in flat parts of the image than at edges (intervals below 0)."
    )
    found = [data.couplings[0].log_scale_edges for data in explanation.sets]
    text = _both(explanation, found, "correlation of s with edges")
    return Observation("4.1", claim, text, _all(map(_below, found)))


def _co_adaptation(explanation: Explanation) -> Observation:
    claim = "Couplings read what the one before wrote: with it erased they predict worse (difference above 0, in most)."
    if len(explanation.inside.couplings) == 1:
        return Observation("4.2", claim, "a single coupling", "does not apply")
    told = [_fall(data) for data in explanation.sets]
    return Observation("4.2", claim, "; ".join(text for text, _ in told), _all(verdict for _, verdict in told))


def _fall(data: ExplainedSet) -> tuple[str, Verdict]:
    layers = data.couplings[1:]
    verdicts = [_above(layer.r2_fall) for layer in layers]
    as_it_is, erased, swapped = (_mean_r2(layers, key) for key in ("r2", "r2_erased", "r2_swapped"))
    text = f"{data.name}: {_tally(verdicts)}; mean R² {as_it_is}, erased {erased}, swapped {swapped}"
    return text, _most(verdicts)


def _surround(explanation: Explanation) -> Observation:
    claim = "Drawing the latents of a square anew leaves the rest as it was (change below a quarter of the square's)."
    text = "; ".join(
        f"{data.name}: surround {with_interval(data.resampling.surround, 1)}, square "
        f"{with_interval(data.resampling.inside, 1)} of 255"
        for data in explanation.sets
    )
    return Observation("M.1", claim, text, _all(_above(data.resampling.margin) for data in explanation.sets))


_OBSERVATIONS: tuple[Callable[[Explanation], Observation], ...] = (
    _edges, _averaging, _train_mode_shape, _train_mode_likelihood, _accurate, _equally, _flat, _co_adaptation,
    _surround,
)  # fmt: skip


def _above(estimate: Estimate | None, bar: float = 0.0) -> Verdict:
    """Tell on which side of a bar the whole interval lies."""
    if estimate is None or estimate.low <= bar <= estimate.high:
        return "can't be told"
    return "holds" if estimate.low > bar else "does not hold"


def _below(estimate: Estimate | None) -> Verdict:
    opposite: dict[Verdict, Verdict] = {"holds": "does not hold", "does not hold": "holds"}
    verdict = _above(estimate)
    return opposite.get(verdict, verdict)


def _all(verdicts: Iterable[Verdict]) -> Verdict:
    """Of a statement about both sets."""
    verdicts = list(verdicts)
    if "does not hold" in verdicts:
        return "does not hold"
    return "holds" if set(verdicts) == {"holds"} else "can't be told"


def _most(verdicts: Sequence[Verdict]) -> Verdict:
    """Of a statement about more than half of the couplings, whatever those are that can't be told."""
    holds, open_ = verdicts.count("holds"), verdicts.count("can't be told")
    if holds > len(verdicts) / 2:
        return "holds"
    return "can't be told" if holds + open_ > len(verdicts) / 2 else "does not hold"


def _tally(verdicts: Sequence[Verdict]) -> str:
    open_ = verdicts.count("can't be told")
    unclear = f", {open_} can't be told" if open_ else ""
    return f"{verdicts.count('holds')} of {len(verdicts)} couplings{unclear}"


def _both(explanation: Explanation, estimates: Sequence[Estimate | None], what: str) -> str:
    named = zip(explanation.sets, estimates, strict=True)
    return f"{what}: " + ", ".join(f"{data.name} {with_interval(estimate, 2)}" for data, estimate in named)


def _mean_r2(layers: Sequence[Coupling], key: str) -> str:
    """Average R², which has no lower end; below −1 it says no more than that the prediction is useless."""
    found = [estimate for layer in layers if (estimate := getattr(layer, key)) is not None]
    if not found:
        return "not measurable"
    return number(sum(max(estimate.value, -1.0) for estimate in found) / len(found), 2)
