"""The contract of a score, as a test that anyone can run on a score of their own."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from oodflow.data import ImageSet
from oodflow.scores.evidence import Evidence
from oodflow.scores.score import NotFittedError, Score

_SHAPES = ((1, 12, 10), (3, 8, 9))  # grey and colour, and never square: a swapped axis shows


def check_score(make_score: Callable[[], Score]) -> None:
    """Test that a score keeps its contract.

    It returns float64 [N], finite and higher = more OOD; it is a function of each image's own evidence and of what
    ``fit`` saw; ``fit`` returns the score; a score that has to be fitted says so; evidence is left as it was.

    Args:
        make_score: returns a new score that is not fitted, for example its class.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.scores import Likelihood
        >>> check_score(Likelihood)
    """
    for shape in _SHAPES:
        reference, evidence = example_evidence(n=40, shape=shape, seed=1), example_evidence(n=12, shape=shape, seed=2)
        score = make_score().fit(reference)
        _check_values(score, evidence)
        _check_fit(make_score, reference, evidence)
        _check_each_image_alone(score, evidence)
        _check_direction(score, evidence)
        _check_repeatable(make_score, reference, evidence)


def example_evidence(n: int, *, shape: tuple[int, int, int] = (1, 12, 10), seed: int = 0) -> Evidence:
    """Make evidence of noise images under an imagined flow that needs about six bits per dimension.

    Args:
        n: how many images.
        shape: (C, H, W).
        seed: of the images and log-probabilities.

    Returns:
        Evidence with N = ``n``.

    Example:
        >>> example_evidence(n=3).log_prob.shape
        (3,)
    """
    rng = np.random.default_rng(seed)
    dims = int(np.prod(shape))
    log_prob = -dims * np.log(2) * rng.normal(6.0, 0.2, n)
    return _evidence(rng.integers(0, 256, (n, *shape), dtype=np.uint8), log_prob)


def _check_fit(make_score: Callable[[], Score], reference: Evidence, evidence: Evidence) -> None:
    score = make_score()
    before = reference.log_prob.copy()
    assert score.fit(reference) is score, "fit returns the score itself"
    assert np.array_equal(reference.log_prob, before), "fit leaves the reference as it was"
    try:
        unfitted = make_score().score(evidence)
    except NotFittedError as error:
        assert type(score).__name__ in str(error), "NotFittedError names the score"
    else:
        same = np.array_equal(unfitted, score.score(evidence))
        assert same, "a score that learns from fit raises NotFittedError when it is used before"


def _check_values(score: Score, evidence: Evidence) -> None:
    before = evidence.log_prob.copy()
    values = score.score(evidence)
    assert values.shape == before.shape, f"score returns one value per image, {before.shape}, not {values.shape}"
    assert values.dtype == np.float64, f"score returns float64, not {values.dtype}"
    assert np.isfinite(values).all(), "scores are finite"
    assert np.array_equal(evidence.log_prob, before), "score leaves the evidence as it was"
    assert not np.shares_memory(values, evidence.log_prob), "score returns memory of its own"
    assert score.name, "a score has a name"
    assert score.unit, "a score has a unit"


def _check_each_image_alone(score: Score, evidence: Evidence) -> None:
    values = score.score(evidence)
    order = np.random.default_rng(3).permutation(values.size)
    shuffled = score.score(_select(evidence, order))
    assert np.array_equal(shuffled, values[order]), "another order of the images gives the same scores in that order"
    alone = np.concatenate([score.score(_select(evidence, np.array([i]))) for i in range(values.size)])
    assert np.array_equal(alone, values), "the score of an image does not depend on the images beside it"


def _check_direction(score: Score, evidence: Evidence) -> None:
    """No score can doubt this outlier: blank images, which compress to nothing, that the flow finds most improbable."""
    blank = _evidence(np.zeros_like(evidence.images.batch(slice(None))), evidence.log_prob * 10)
    highest = score.score(evidence).max()
    assert (score.score(blank) > highest).all(), "a higher score means more out of distribution"


def _check_repeatable(make_score: Callable[[], Score], reference: Evidence, evidence: Evidence) -> None:
    score, again = make_score().fit(reference), make_score().fit(reference)
    values = score.score(evidence)
    assert np.array_equal(score.score(evidence), values), "scoring twice gives the same scores"
    assert np.array_equal(again.score(evidence), values), "two scores fitted on the same data agree"


def _select(evidence: Evidence, indices: NDArray[np.intp]) -> Evidence:
    return _evidence(evidence.images.batch(indices), evidence.log_prob[indices])


def _evidence(images: NDArray[np.uint8], log_prob: NDArray[np.float64]) -> Evidence:
    return Evidence(ImageSet.from_array(images, name="example", split="test"), log_prob, seed=0, draws=1)
