"""The baseline of brightness and contrast."""

from typing import ClassVar, Literal

import numpy as np

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import PixelMoments as Moments
from oodflow.statistics import Statistic


class PixelMoments(Score):
    r"""Distance of brightness and contrast from the usual ones, by a normal distribution fitted to held-out images.

    .. math:: s(x) = \tfrac12 (m - \mu)^\top \Sigma^{-1} (m - \mu), \qquad
              m = (\operatorname{mean} x, \operatorname{std} x)

    in nats: two numbers of an image, and no flow. What they tell apart needs no score to be told apart.

    Example:
        >>> from oodflow.testing.observations import example
        >>> PixelMoments().fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["pixel-moments"] = "pixel-moments"
    unit: ClassVar[str] = "nats"
    learns: ClassVar[bool] = True

    def reads(self) -> tuple[Statistic, ...]:
        """Read brightness and contrast: no flow is asked."""
        return (Moments(),)

    def learn(self, seen: Seen) -> Learned:
        """Fit the normal distribution; a hundredth of a grey level is added to what each number varies by."""
        moments = seen[Moments()]
        covariance = np.atleast_2d(np.cov(moments, rowvar=False, ddof=0)) + 1e-4 * np.eye(2)
        return {"mean": moments.mean(0), "precision": np.linalg.inv(covariance)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return half the squared Mahalanobis distance, [N] in nats."""
        distance = seen[Moments()] - learned["mean"]
        return np.asarray((distance[:, :, None] * distance[:, None, :] * learned["precision"]).sum((1, 2)) / 2)
