"""What the measured quantities say about the paper's observations, sections 3 and 4."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oodflow.explanation.pictures import said

Record = Mapping[str, Any]

AS_ACCURATE = 0.05  # of R²: how much worse a prediction may be and still count as equally accurate
WELL = 0.5  # R² from which a prediction counts as good


@dataclass(frozen=True)
class Observation:
    """A statement of the paper, with what was measured.

    Attributes:
        section: where it stands.
        claim: the statement.
        measured: the numbers that decide it, in- and out-of-distribution.
        holds: whether they agree; none: this flow can't tell.
    """

    section: str
    claim: str
    measured: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """In a word."""
        return {True: "holds", False: "does not hold", None: "does not apply"}[self.holds]


def observations(record: Record) -> list[Observation]:
    """Hold each statement against an explanation's record."""
    return [observe(record) for observe in _OBSERVATIONS]


def predicts(record: Record) -> bool:
    """Tell whether couplings have a shift −t that can be compared with what they change."""
    return any(data.get("predicts", True) for data in record["sets"])


def _edges(record: Record) -> Observation:
    claim = "Edges of an image can be recognised in its mean latents, in- and out-of-distribution (intervals above 0)."
    found = _each(record, "edges", "mean")
    return Observation(
        "3", claim, _both(record, found, "correlation with edges"), _decide(found, lambda r: r["low"] > 0)
    )


def _averaging(record: Record) -> Observation:
    claim = "They are clearer in the mean over dequantisations than in a single draw (intervals apart)."
    single, average = _each(record, "edges", "single"), _each(record, "edges", "mean")
    text = f"{_both(record, single, 'single draw')}; {_both(record, average, 'mean')}"
    pairs = [None if None in pair else pair for pair in zip(single, average, strict=True)]
    return Observation("3", claim, text, _decide(pairs, lambda pair: pair[1]["low"] > pair[0]["high"]))


def _train_mode_shape(record: Record) -> Observation:
    claim = "In batch norm's train mode latents keep the shape of out-of-distribution images alone (intervals apart)."
    if not record["train_mode"]:
        return Observation("3", claim, "no batch norm", None)
    inside, outside = found = _each(record, "shape", "train_mode")
    text = _both(record, found, "correlation of z with the image, no sign")
    return Observation("3", claim, text, None if None in found else outside["low"] > inside["high"])


def _train_mode_likelihood(record: Record) -> Observation:
    claim = "In train mode others become much less likely than in eval mode, its own hardly (over twice the rise)."
    if not record["train_mode"]:
        return Observation("3", claim, "no batch norm", None)
    rises = [data["bits_per_dim_train_mode"]["value"] - data["bits_per_dim"]["value"] for data in record["sets"]]
    text = "bits/dim, train less eval: " + ", ".join(
        f"{data['name']} {rise:+.2f}".replace("-", "−") for data, rise in zip(record["sets"], rises, strict=True)
    )
    return Observation("3", claim, text, rises[1] > max(2 * abs(rises[0]), 0.05))


def _accurate(record: Record) -> Observation:
    claim = f"The shift −t of the first coupling is a close estimate of the pixels that it can't see (R² from {WELL})."
    if not predicts(record):
        return Observation("4", claim, "no shift", None)
    found = _each(record, "couplings", 0, "r2")
    return Observation("4", claim, _both(record, found, "R²"), _decide(found, lambda r2: r2["value"] >= WELL))


def _equally(record: Record) -> Observation:
    claim = f"Couplings predict other images as accurately as its own (R² at most {AS_ACCURATE} lower, in most)."
    if not predicts(record):
        return Observation("4.1", claim, "no shift", None)
    inside, outside = ([_clipped(layer["r2"]) for layer in data["couplings"]] for data in record["sets"])
    as_good = sum(o >= i - AS_ACCURATE for i, o in zip(inside, outside, strict=True))
    means = ", ".join(
        f"{data['name']} {_signed(sum(values) / len(values))}"
        for data, values in zip(record["sets"], (inside, outside), strict=True)
    )
    text = f"{as_good} of {len(inside)} couplings; mean R² {means}"
    return Observation("4.1", claim, text, as_good > len(inside) / 2)


def _flat(record: Record) -> Observation:
    claim = (
        "The log-scale s of the first coupling is larger in flat parts of the image than at edges (intervals below 0)."
    )
    found = _each(record, "couplings", 0, "log_scale_edges")
    text = _both(record, found, "correlation of s with edges")
    return Observation("4.1", claim, text, _decide(found, lambda r: r["high"] < 0))


def _co_adaptation(record: Record) -> Observation:
    claim = "Couplings read what the one before wrote: with it erased they predict worse (intervals apart, in most)."
    if not predicts(record):
        return Observation("4.2", claim, "no shift", None)
    texts, falls = [], []
    for data in record["sets"]:
        layers = data["couplings"][1:]
        if not layers:
            return Observation("4.2", claim, "a single coupling", None)
        means = [
            sum(_clipped(layer[key]) for layer in layers) / len(layers) for key in ("r2", "r2_erased", "r2_swapped")
        ]
        worse = sum(layer["r2_erased"]["high"] < layer["r2"]["low"] for layer in layers)
        as_it_is, erased, swapped = map(_signed, means)
        texts.append(
            f"{data['name']}: {worse} of {len(layers)} couplings; mean R² {as_it_is}, erased {erased}, "
            f"swapped {swapped}"
        )
        falls.append(worse > len(layers) / 2)
    return Observation("4.2", claim, "; ".join(texts), all(falls))


def _surround(record: Record) -> Observation:
    claim = "Drawing the latents of a square anew leaves the rest as it was (change below a quarter of the square's)."
    changes = _each(record, "resampling")
    text = "; ".join(
        f"{data['name']}: surround {said(c['surround'], 1)}, square {said(c['inside'], 1)} of 255"
        for data, c in zip(record["sets"], changes, strict=True)
    )
    return Observation("M.1", claim, text, _decide(changes, lambda c: c["surround"]["high"] < c["inside"]["low"] / 4))


_OBSERVATIONS: tuple[Callable[[Record], Observation], ...] = (
    _edges, _averaging, _train_mode_shape, _train_mode_likelihood, _accurate, _equally, _flat, _co_adaptation,
    _surround,
)  # fmt: skip


def _each(record: Record, *path: str | int) -> list[Any]:
    """Take what lies at a path in the record of each set."""
    found = []
    for place in record["sets"]:
        for key in path:
            place = place[key]
        found.append(place)
    return found


def _decide(found: Sequence[Any], rule: Callable[[Any], bool]) -> bool | None:
    """Tell whether a rule holds for both sets; none where something could not be measured, as edges of flat images."""
    return None if None in found else all(map(rule, found))


def _both(record: Record, estimates: Sequence[Mapping[str, float] | None], what: str) -> str:
    named = zip(record["sets"], estimates, strict=True)
    return f"{what}: " + ", ".join(f"{data['name']} {said(estimate, 2)}" for data, estimate in named)


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _clipped(estimate: Mapping[str, float]) -> float:
    """R² has no lower end; below −1 it says no more than that the prediction is useless."""
    return max(estimate["value"], -1.0)
