"""Whether a score asks another flow that was trained on what is asked about, and so knows it beforehand."""

from collections.abc import Mapping, Sequence

from oodflow.data import same_set
from oodflow.errors import OodflowError
from oodflow.evaluation.record import EvaluatedSet
from oodflow.files import path_of
from oodflow.runs.config import RunConfig
from oodflow.runs.run_dir import RunDir
from oodflow.scores import Score
from oodflow.statistics import OtherLogProb


def with_notes(sets: Sequence[EvaluatedSet], scores: Mapping[str, Score]) -> tuple[EvaluatedSet, ...]:
    """Note of each out-of-distribution set which other flows that scores ask were trained on it, where they are runs.

    Args:
        sets: the test set first, of which nothing is noted: a background has usually seen its like.
        scores: by name.
    """
    asked = {name: _flows(score) for name, score in scores.items()}
    runs = {flow: _config(flow) for flows in asked.values() for flow in flows}
    inside, *outsides = sets
    noted = []
    for one in outsides:
        seen = [flow for flow, config in runs.items() if config is not None and _trained_on(config, one.name)]
        notes = [one.note] if one.note else []
        notes += [
            f"the flow in {flow} was trained on this set, so that "
            f"{', '.join(name for name, flows in asked.items() if flow in flows)} has seen it: its AUROC is none of a "
            "set that nobody knew"
            for flow in seen
        ]
        noted.append(one.model_copy(update={"note": "; ".join(notes)}))
    return inside, *noted


def _flows(score: Score) -> list[str]:
    """List the files of the other flows that a score asks, itself or by its parts."""
    return [statistic.flow for statistic in score.reads() if isinstance(statistic, OtherLogProb)]


def _config(flow: str) -> RunConfig | None:
    """Read what a flow was trained on; none: it lies in no run, or one that can't be read."""
    path = path_of(flow)
    try:
        return RunDir.open(path if path.is_dir() else path.absolute().parent).config()
    except OodflowError:
        return None


def _trained_on(config: RunConfig, spec: str) -> bool:
    """Tell whether a flow has seen the set in training, be it mutated, or to be pushed down."""
    try:
        return any(same_set(spec, other) for other in config.trained_on)
    except OodflowError:  # a set that is not registered here
        return False
