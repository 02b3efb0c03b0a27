"""Several scores as one: how unlikely all of them are together for an image of the training data."""

from typing import ClassVar, Literal

import numpy as np

from oodflow.metrics import conformal_p_values
from oodflow.scores.complexity import InputComplexity
from oodflow.scores.compressed_size import CompressedSize
from oodflow.scores.latent_likelihood import LatentLikelihood
from oodflow.scores.latent_neighbours import LatentNeighbours
from oodflow.scores.parts import OfParts, Parts, held_out_halves, learn_parts, values_of
from oodflow.scores.score import Learned, Seen, Values
from oodflow.scores.transformed import Transformed
from oodflow.scores.two_sided import TwoSided


class Combined(OfParts):
    r"""Combination of the p-values that several scores have among held-out in-distribution data.

    .. math:: p_k(x) = \frac{1 + \#\{n : s_k(x_n) \ge s_k(x)\}}{1 + N}

    and of these, by Fisher, Stouffer or as a harmonic mean,

    .. math:: s = -2 \sum_k \log p_k, \qquad
              s = \frac{1}{\sqrt K} \sum_k \Phi^{-1}\Bigl(1 - p_k + \frac{1}{2 (1 + N)}\Bigr), \qquad
              s = -\log \frac{K}{\sum_k 1 / p_k}

    No unit of one score outweighs another's. Fisher's sum is large where one score is sure or several are inclined;
    the harmonic mean hears the surest of them; Stouffer's sum lets one that finds an image all too normal outvote
    another. As tests they hold for independent scores (Fisher, Stouffer); as scores they rank images, and what false
    alarms they give is for a threshold on held-out data to say.

    The default is the one score to take where nothing is known of what will come. Each of its parts catches what others
    miss: the file's size and the flow's likelihood beside it what is simple, principal components what is unlike the
    training data as a whole or too close to its mean, the last scale's latents what the flow finds no place for, and
    neighbouring latents that are alike what it has not explained, and images that are as likely upside down what has no
    up and down where the training data has. The last asks the flow seven times more; ``of`` without it is cheap.

    Attributes:
        of: the scores, as ``complexity+latent-likelihood?scale=-1``.
        by: ``fisher``, ``stouffer`` or ``harmonic``.

    Reference:
        Fisher, *Statistical Methods for Research Workers*, 4th edition, 1932, section 21.1; Stouffer et al., 1949;
        Wilson, 2019, "The harmonic mean p-value", PNAS 116; Bergamin et al., 2022, arXiv 2203.01097 (for OOD scores).

    Example:
        >>> from oodflow.testing.observations import example
        >>> fitted = Combined(of="likelihood+complexity").fit(example("reference"))
        >>> fitted.settings.name, fitted.score(example("test")).shape
        ('combined?of=likelihood+complexity', (32,))
    """

    kind: Literal["combined"] = "combined"
    unit: ClassVar[str] = "nats"
    of: Parts = (
        InputComplexity(), CompressedSize(), TwoSided(), LatentLikelihood(scale=-1), LatentNeighbours(), Transformed(),
    )  # fmt: skip
    by: Literal["fisher", "stouffer", "harmonic"] = "fisher"

    def learn(self, seen: Seen) -> Learned:
        """Learn the parts, and then how their values are distributed, sorted [N] each."""
        first, second = held_out_halves(seen, self.of)
        learned = learn_parts(self.of, first)
        values = values_of(self.of, second, learned)
        return learned | {f"sorted.{place}": np.sort(one) for place, one in enumerate(values)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the combination, [N]."""
        parts = values_of(self.of, seen, learned)
        p = np.stack([conformal_p_values(learned[f"sorted.{place}"], one) for place, one in enumerate(parts)])
        match self.by:
            case "fisher":
                return np.asarray(-2 * np.log(p).sum(0))
            case "stouffer":
                from scipy.special import ndtri

                half = 0.5 / (1 + len(learned["sorted.0"]))  # a p-value of 1 would be infinitely normal
                return np.asarray(-ndtri(p - half).sum(0) / np.sqrt(len(p)))
            case "harmonic":
                return np.asarray(np.logaddexp.reduce(-np.log(p), axis=0) - np.log(len(p)))
