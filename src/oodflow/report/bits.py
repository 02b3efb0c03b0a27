"""How likely data are, as it stands in tables: of images in bits/dim, of rows in nats."""

from collections.abc import Sequence

from oodflow.document.numbers import mean_and_deviation
from oodflow.evaluation.record import Evaluation

_LEGEND = (
    "Bits/dim with a bound in brackets are importance-sampled, with several draws of the dequantisation; the bound is "
    "what a single draw comes to, on average."
)


def likelihood_head(evaluation: Evaluation) -> str:
    """Head the column of :func:`likely`: rows are of a density, with a unit, that bits/dim would hide."""
    return "log p, nats" if evaluation.inside.unit == "rows" else "bits/dim"


def likely(evaluations: Sequence[Evaluation], place: int) -> str:
    """Write how likely a data set is, in the unit of :func:`likelihood_head`; arguments as of :func:`bits`."""
    if evaluations[0].inside.unit != "rows":
        return bits(evaluations, place)
    return mean_and_deviation([evaluation.sets[place].log_prob for evaluation in evaluations], 3)


def bits(evaluations: Sequence[Evaluation], place: int) -> str:
    """Write bits/dim of a data set, with mean and deviation over several runs; of several draws also the bound.

    Args:
        evaluations: of these runs, which asked the same.
        place: of the data set; 0 is the test set.
    """
    sets = [evaluation.sets[place] for evaluation in evaluations]
    text = mean_and_deviation([one.bits_per_dim for one in sets], 3)
    bounds = [one.bits_per_dim_bound for one in sets if one.bits_per_dim_bound is not None]
    several = bounds and evaluations[0].options.draws > 1
    return f"{text} (bound {mean_and_deviation(bounds, 3)})" if several else text


def bits_legend(evaluations: Sequence[Evaluation]) -> str:
    """Say what the bounds in brackets are; nothing where all evaluations of images took a single draw."""
    several = any(one.options.draws > 1 for one in evaluations if one.inside.unit != "rows")
    return _LEGEND if several else ""
