"""A detector as pytorch-ood has them."""

from typing import Any, Self

import torch
from pytorch_ood.api import Detector, RequiresFittingException
from sklearn.base import clone
from torch import Tensor

from oodflow.detectors.detector import FlowDetector


class FlowOODDetector(Detector):  # type: ignore[misc]  # its types are not looked at, for it is often not installed
    """A :class:`~oodflow.FlowDetector` for pytorch-ood: **higher = more out of distribution**, tensors in and out.

    Args:
        detector: the settings; those of ``FlowDetector()`` unless given. It is copied, and left as it is.

    Attributes:
        fitted: the fitted one; none before.
    """

    requires_fit = True

    def __init__(self, detector: FlowDetector | None = None) -> None:
        self.detector = FlowDetector() if detector is None else detector
        self.fitted: FlowDetector | None = None

    def fit(self, data_loader: Any) -> Self:
        """Fit to all x of batches ``(x, y)``, but for those whose label is negative: in pytorch-ood these are OOD."""
        parts = [x[y >= 0].detach().cpu() for x, y in data_loader]
        return self.fit_features(torch.cat(parts))

    def fit_features(self, x: Tensor, y: Tensor | None = None) -> Self:
        """Fit to ``x [N, D]``, or images; labels as :meth:`fit`."""
        self.fitted = clone(self.detector).fit(x if y is None else x[y >= 0])
        return self

    def predict(self, x: Tensor) -> Tensor:
        """Tell how far out of distribution each of x is, float64 ``[B]``: −log p(x) for the likelihood.

        Raises:
            RequiresFittingException: it has not been fitted.
        """
        if self.fitted is None:
            raise RequiresFittingException
        return torch.from_numpy(-self.fitted.score_samples(x)).to(x.device)

    predict_features = predict
