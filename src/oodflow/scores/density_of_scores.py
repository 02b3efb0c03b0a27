"""How usual the values of several scores are together: too good is as suspicious as too bad."""

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np

from oodflow.errors import UsageError
from oodflow.scores.latent_likelihood import LatentLikelihood
from oodflow.scores.likelihood import Likelihood
from oodflow.scores.log_determinant import LogDeterminant
from oodflow.scores.parts import OfParts, Parts, held_out_halves, learn_parts, values_of
from oodflow.scores.score import Learned, Seen, Values

MIXTURE = 4  # normal distributions; 1, 4 and 16 tell FashionMNIST from MNIST within two points of each other (M)


class DensityOfScores(OfParts):
    r"""Density of state estimation: a density of the vector of several scores, fitted to held-out data.

    .. math:: s(x) = -\log q\bigl(s_1(x), \dots, s_K(x)\bigr)

    with each score standardised first, and q

    - ``kernels``: a product of kernel density estimates, one of each score, with Scott's bandwidth :math:`N^{-1/5}`;
    - ``mixture``: a mixture of normal distributions, which knows how the scores go together;
    - ``svm``: a one-class support vector machine in place of a density; s is its distance to the outside.

    Attributes:
        of: the scores, as ``likelihood+latent-likelihood+log-determinant``.
        model: q.

    Reference:
        Morningstar et al., 2021, "Density of states estimation for out-of-distribution detection", arXiv 2006.09273
        (kernels and one-class SVM); Osada, Takahashi, Nishide,
        2024, AAAI, arXiv 2402.10477 (a mixture over complexity and log p(z)).

    Example:
        >>> from oodflow.testing.observations import example
        >>> DensityOfScores().fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["density-of-scores"] = "density-of-scores"
    unit: ClassVar[str] = "nats"
    of: Parts = (Likelihood(), LatentLikelihood(), LogDeterminant())
    model: Literal["kernels", "mixture", "svm"] = "kernels"

    def learn(self, seen: Seen) -> Learned:
        """Learn the parts, then the density of their values."""
        first, second = held_out_halves(seen, self.of)
        learned = learn_parts(self.of, first)
        values = np.stack(values_of(self.of, second, learned), 1)
        mean, std = values.mean(0), values.std(0)
        if (std == 0).any():
            constant = self.of[int(np.argmin(std))].name
            raise UsageError(f"all {len(values)} images of the reference have the same {constant}: leave it out.")
        fit, _ = _MODELS[self.model]
        return learned | {"mean": mean, "std": std} | fit((values - mean) / std)

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return −log q, [N]."""
        values = np.stack(values_of(self.of, seen, learned), 1)
        _, surprise = _MODELS[self.model]
        return surprise((values - learned["mean"]) / learned["std"], learned)


def _fit_kernels(values: Values) -> dict[str, Values]:
    return {"kernels": values}


def _surprise_of_kernels(values: Values, learned: Learned) -> Values:
    kernels = learned["kernels"]
    width = len(kernels) ** -0.2
    distances = (values[:, None] - kernels) / width
    each = np.log(len(kernels) * width * np.sqrt(2 * np.pi)) - np.logaddexp.reduce(-(distances**2) / 2, axis=1)
    return np.asarray(each.sum(1))


def _fit_mixture(values: Values) -> dict[str, Values]:
    from sklearn.mixture import GaussianMixture

    parts = min(MIXTURE, len(values) // 10 or 1)
    mixture = GaussianMixture(parts, reg_covar=1e-3, random_state=0).fit(values)
    return {"weights": mixture.weights_, "means": mixture.means_, "precisions": mixture.precisions_cholesky_}


def _surprise_of_mixture(values: Values, learned: Learned) -> Values:
    each = []
    for weight, mean, factor in zip(learned["weights"], learned["means"], learned["precisions"], strict=True):
        whitened = ((values - mean)[:, :, None] * factor).sum(1)
        each.append(np.log(weight) + np.log(np.diag(factor)).sum() - (whitened**2).sum(1) / 2)
    return np.asarray(values.shape[1] / 2 * np.log(2 * np.pi) - np.logaddexp.reduce(each, axis=0))


def _fit_svm(values: Values) -> dict[str, Values]:
    from sklearn.svm import OneClassSVM

    svm = OneClassSVM(nu=0.05, gamma=1 / values.shape[1]).fit(values)
    return {"vectors": svm.support_vectors_, "weights": svm.dual_coef_[0], "offset": np.asarray(svm.intercept_[0])}


def _distance_from_svm(values: Values, learned: Learned) -> Values:
    distances = ((values[:, None] - learned["vectors"]) ** 2).sum(2)
    return np.asarray(-(np.exp(-distances / values.shape[1]) * learned["weights"]).sum(1) - learned["offset"])


_MODELS: dict[str, tuple[Callable[[Values], dict[str, Values]], Callable[[Values, Learned], Values]]] = {
    "kernels": (_fit_kernels, _surprise_of_kernels),
    "mixture": (_fit_mixture, _surprise_of_mixture),
    "svm": (_fit_svm, _distance_from_svm),
}
