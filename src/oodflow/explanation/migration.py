"""Explanations of the first version, which had no intervals of differences, and of the second, without seeds."""

from collections.abc import Mapping
from typing import Any

from oodflow.runs.provenance import take_provenance

Stored = Mapping[str, Any]
Interval = Mapping[str, float] | None

_ONCE_LABELLED = {"latents z": "single", "z, train mode": "train_mode"}  # others: "mean of 40 z"


def from_first_version(old: Stored) -> dict[str, Any]:
    """Turn an explanation that had provenance among its own fields into one of version 1.

    Intervals of differences are bounded by those of both sides: the standard deviation of a difference is at most the
    sum of those of its sides, whatever they have to do with one another, so none is too narrow.
    """
    new = dict(old)
    made = take_provenance(new)
    train_mode, seed, draws = new.pop("train_mode"), new.pop("seed"), new.pop("draws")
    sets = [_set(data) for data in new.pop("sets")]
    trained = new.pop("trained")
    inside, outside = sets
    return {
        "provenance": made,
        "options": {
            "ood": outside["name"], "limit": max(data["images"] for data in sets), "draws": draws, "seed": seed,
            "train_mode": train_mode,
        },
        "subject": new.pop("who"),
        "trained": trained if trained.get("command") else None,
        "differences": "bounded",
        "sets": sets,
        "between": {
            "image_correlation_train_mode": bounded(
                *(data["image_correlation"].get("train_mode") for data in sets)
            ),
            "r2": [
                bounded(here["r2"], there["r2"])
                for here, there in zip(inside["couplings"], outside["couplings"], strict=True)
            ],
            "gap": [_gap_part(part) for part in new.pop("gap")],
        },
        **new,
    }  # fmt: skip


def without_seed(old: Stored) -> dict[str, Any]:
    """Turn an explanation that does not tell the seed of training into one of version 2."""
    trained = old["trained"]
    return {**old, "trained": trained and {**trained, "configuration": None, "seed": None}}


def bounded(first: Interval, second: Interval) -> dict[str, float] | None:
    """Bound the interval of ``second`` less ``first`` by those of both.

    Example:
        >>> bounded({"value": 1.0, "low": 0.5, "high": 1.5}, {"value": 4.0, "low": 3.0, "high": 5.0})
        {'value': 3.0, 'low': 1.5, 'high': 4.5}
    """
    if first is None or second is None:
        return None
    return {
        "value": second["value"] - first["value"],
        "low": second["low"] - first["high"],
        "high": second["high"] - first["low"],
    }


def _set(old: Stored) -> dict[str, Any]:
    new = dict(old)
    # The correlations with the image stood under "shape", where the shape of the images should have stood: it is lost.
    by_label = {"edge_correlation": new.pop("edges"), "image_correlation": new.pop("shape")}
    for name, estimates in by_label.items():
        new[name] = {_kind(label): estimate for label, estimate in estimates.items()}
    new["shape"] = ()
    new["bits_per_dim_train_mode"] = new.get("bits_per_dim_train_mode")
    new["train_mode_rise"] = bounded(new["bits_per_dim"], new["bits_per_dim_train_mode"])
    new["edge_gain"] = bounded(new["edge_correlation"]["single"], new["edge_correlation"]["mean"])
    new["couplings"] = [layer | {"r2_fall": bounded(layer["r2_erased"], layer["r2"])} for layer in old["couplings"]]
    inside, surround = old["resampling"]["inside"], old["resampling"]["surround"]
    quarter = {name: end / 4 for name, end in inside.items()}
    new["resampling"] = {"inside": inside, "surround": surround, "margin": bounded(surround, quarter)}
    return new


def _kind(label: str) -> str:
    """Name the kind of latents that once stood under its label in the figures."""
    return _ONCE_LABELLED.get(label, "mean" if label.startswith("mean of ") else label)


def _gap_part(old: Stored) -> dict[str, Any]:
    difference = {"value": old["outside"] - old["inside"], "low": old["low"], "high": old["high"]}
    return {"name": old["name"], "inside": old["inside"], "outside": old["outside"], "difference": difference}
