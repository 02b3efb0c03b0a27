"""What the measured quantities say about the paper's observations, sections 3 and 4."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from oodflow.experiments.explain.measure import TRAIN_MODE
from oodflow.experiments.explain.pictures import said

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
    """Hold each statement against a record; one that lacks a number, as the edges of flat images, is left open."""
    found = [observe(record) for observe in _OBSERVATIONS]
    return [replace(one, holds=None) if "nan" in one.measured else one for one in found]


def _edges(record: Record) -> Observation:
    kinds = [list(data["edges"].values())[1] for data in record["sets"]]
    claim = "Edges of an image can be recognised in its mean latents, in- and out-of-distribution (intervals above 0)."
    return Observation("3", claim, _both(record, kinds, "correlation with edges"), all(r["low"] > 0 for r in kinds))


def _averaging(record: Record) -> Observation:
    single, average = ([list(data["edges"].values())[i] for data in record["sets"]] for i in (0, 1))
    claim = "They are clearer in the mean over dequantisations than in a single draw (intervals apart)."
    text = f"{_both(record, single, 'single draw')}; {_both(record, average, 'mean')}"
    return Observation("3", claim, text, all(a["low"] > s["high"] for s, a in zip(single, average, strict=True)))


def _train_mode_shape(record: Record) -> Observation:
    claim = "In batch norm's train mode latents keep the shape of out-of-distribution images alone (intervals apart)."
    if not record["train_mode"]:
        return Observation("3", claim, "no batch norm", None)
    inside, outside = (data["shape"][TRAIN_MODE] for data in record["sets"])
    text = _both(record, [inside, outside], "correlation of z with the image, no sign")
    return Observation("3", claim, text, outside["low"] > inside["high"])


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
    first = [data["couplings"][0]["r2"] for data in record["sets"]]
    claim = f"The shift −t of the first coupling is a close estimate of the pixels that it can't see (R² from {WELL})."
    return Observation("4", claim, _both(record, first, "R²"), all(r2["value"] >= WELL for r2 in first))


def _equally(record: Record) -> Observation:
    inside, outside = ([layer["r2"]["value"] for layer in data["couplings"]] for data in record["sets"])
    as_good = sum(o >= i - AS_ACCURATE for i, o in zip(inside, outside, strict=True))
    claim = f"Couplings predict other images as accurately as its own (R² at most {AS_ACCURATE} lower, in most)."
    means = [sum(values) / len(values) for values in (inside, outside)]
    names = [data["name"] for data in record["sets"]]
    text = (
        f"{as_good} of {len(inside)} couplings; mean R² {names[0]} {means[0]:.2f}, {names[1]} {means[1]:.2f}"
    ).replace("-", "−")
    return Observation("4.1", claim, text, as_good > len(inside) / 2)


def _flat(record: Record) -> Observation:
    first = [data["couplings"][0]["log_scale_edges"] for data in record["sets"]]
    claim = (
        "The log-scale s of the first coupling is larger in flat parts of the image than at edges (intervals below 0)."
    )
    return Observation(
        "4.1", claim, _both(record, first, "correlation of s with edges"), all(r["high"] < 0 for r in first)
    )


def _co_adaptation(record: Record) -> Observation:
    claim = "Couplings read what the one before wrote: with it erased they predict worse (intervals apart, in most)."
    texts, falls = [], []
    for data in record["sets"]:
        layers = data["couplings"][1:]
        as_it_is, erased, swapped = (
            sum(_clipped(layer[key]) for layer in layers) / max(len(layers), 1)
            for key in ("r2", "r2_erased", "r2_swapped")
        )
        worse = sum(layer["r2_erased"]["high"] < layer["r2"]["low"] for layer in layers)
        texts.append(
            f"{data['name']}: {worse} of {len(layers)} couplings; mean R² {as_it_is:.2f}, erased {erased:.2f}, "
            f"swapped {swapped:.2f}"
        )
        falls.append(worse > len(layers) / 2)
    return Observation("4.2", claim, "; ".join(texts).replace("-", "−"), all(falls) if len(layers) else None)


def _surround(record: Record) -> Observation:
    changes = [data["resampling"] for data in record["sets"]]
    claim = "Drawing the latents of a square anew leaves the rest as it was (change below a quarter of the square's)."
    text = "; ".join(
        f"{data['name']}: surround {said(c['surround'], 1)}, square {said(c['inside'], 1)} of 255"
        for data, c in zip(record["sets"], changes, strict=True)
    )
    return Observation("M.1", claim, text, all(c["surround"]["high"] < c["inside"]["low"] / 4 for c in changes))


_OBSERVATIONS: tuple[Callable[[Record], Observation], ...] = (
    _edges, _averaging, _train_mode_shape, _train_mode_likelihood, _accurate, _equally, _flat, _co_adaptation,
    _surround,
)  # fmt: skip


def _both(record: Record, estimates: list[Mapping[str, float]], what: str) -> str:
    named = zip(record["sets"], estimates, strict=True)
    return f"{what}: " + ", ".join(f"{data['name']} {said(estimate, 2)}" for data, estimate in named)


def _clipped(estimate: Mapping[str, float]) -> float:
    """R² has no lower end; below −1 it says no more than that the prediction is useless."""
    return max(estimate["value"], -1.0)
