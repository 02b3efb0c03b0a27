"""The contract of a score, as a test that anyone can run on a score of their own."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from oodflow.scores import SCORES, FittedScore, NotFittedError, Score, load_score
from oodflow.statistics import Observation
from oodflow.testing.observations import SHAPES, Kind, example, select


def check_score(score: Score) -> None:
    """Test that a score keeps its contract, on small flows that were trained, and data that they know and don't.

    Of images and vectors, as far as it applies to them: it returns float64 ``[N]``, or one a group, finite and, if it
    says that it detects them, higher = more OOD; it is made of the statistics that it declares and of what it has
    learned, and of nothing else; it scores the same again; one that learns says so and refuses to be used before;
    fitted, saved and loaded it is the same, when it is registered; its settings survive JSON.

    Args:
        score: its settings.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.scores import Likelihood
        >>> check_score(Likelihood())
    """
    again = type(score).model_validate_json(score.model_dump_json())
    assert again == score, "settings survive JSON"
    assert score.unit, "a score has a unit"
    sizes = {statistic.group_size for statistic in score.reads()}
    assert sizes <= {1, score.group_size}, "it reads statistics of single images, or of groups of its own size"
    kinds = [kind for kind in SHAPES if _applies(score, kind)]
    assert kinds, "a score can be computed of some kind of data"
    for kind in kinds:
        reference, test, outliers = (example(part, kind) for part in ("reference", "test", "outliers"))
        fitted = _fit(score, reference)
        values = _check_values(fitted, test)
        assert np.array_equal(_values(_fit(score, reference), test), values), "two fitted on the same data agree"
        _check_learning(score, fitted, test, values)
        _check_saving(fitted, test, values)
        if score.group_size == 1:
            _check_each_image_alone(fitted, test, values)
        far = _values(fitted, outliers)
        assert not score.detects or (far > values.max()).all(), "a higher score means more out of distribution"


def _applies(score: Score, kind: Kind) -> bool:
    test = example("test", kind)
    return score.why_not(test.model, test.data) is None


def _fit(score: Score, reference: Observation) -> FittedScore:
    try:
        return score.fit(reference)
    except KeyError as error:
        raise AssertionError(f"it learns from what it declares in reads() alone, not from {error}") from error


def _values(fitted: FittedScore, observation: Observation) -> Any:
    try:
        return fitted.score(observation)
    except KeyError as error:
        raise AssertionError(f"it is made of what it declares in reads() alone, not of {error}") from error
    except ValueError as error:
        raise AssertionError(
            f"it returns float64, one value an image or group, and leaves statistics: {error}"
        ) from error


def _check_values(fitted: FittedScore, test: Observation) -> Any:
    values = _values(fitted, test)
    assert np.isfinite(values).all(), "scores are finite"
    read = [test[statistic] for statistic in fitted.settings.reads()]
    assert not any(np.shares_memory(values, one) for one in read), "it returns memory of its own"
    assert np.array_equal(_values(fitted, test), values), "scoring twice gives the same scores"
    return values


def _check_learning(score: Score, fitted: FittedScore, test: Observation, values: Any) -> None:
    if not score.learns:
        assert not fitted.learned, "a score that learns says so"
        assert np.array_equal(score.score(test), values), "one that does not needs no fitting"
        return
    try:
        score.score(test)
    except NotFittedError as error:
        assert score.name in str(error), "NotFittedError names the score"
    else:
        raise AssertionError("a score that learns raises NotFittedError when it is used before")


def _check_saving(fitted: FittedScore, test: Observation, values: Any) -> None:
    if SCORES.get(fitted.settings.kind) is not type(fitted.settings):
        return
    with tempfile.TemporaryDirectory() as folder:
        fitted.save(Path(folder) / "score.safetensors")
        loaded = load_score(Path(folder) / "score.safetensors")
    assert loaded.settings == fitted.settings, "it is loaded with the settings that it was saved with"
    assert np.array_equal(loaded.score(test), values), "saved and loaded it scores the same"


def _check_each_image_alone(fitted: FittedScore, test: Observation, values: Any) -> None:
    order = np.random.default_rng(3).permutation(len(test))
    assert np.array_equal(_values(fitted, _select(fitted, test, order)), values[order]), "another order is the same"
    alone = [_values(fitted, _select(fitted, test, np.array([i]))) for i in range(len(test))]
    assert np.array_equal(np.concatenate(alone), values), "the score of an image does not depend on those beside it"


def _select(fitted: FittedScore, test: Observation, rows: Any) -> Observation:
    """Observe some of the images, with the very statistics that they have among all."""
    known = {statistic: test[statistic][rows] for statistic in fitted.settings.reads()}
    return Observation(test.model, select(test.data, rows), known=known)
