"""What is asked about data: a flow, or anything that has a density."""

import copy
import math
import sys
from functools import cached_property
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from oodflow.flows import Flow
from oodflow.nets import folded, groupwise


class Density(Protocol):
    """A flow, a distribution of PyTorch, another library's flow: whatever gives a log-density of ``x [B, ...]``."""

    def log_prob(self, x: Any, /) -> Any:
        """Return the log-density of each row, ``[B]`` in nats."""


def density_of(model: Any) -> Any:
    r"""Take whatever gives log-densities as an object with ``log_prob``.

    - A :class:`~oodflow.flows.Flow`, and anything of yours with ``log_prob``, is taken as it is.
    - A ``torch.distributions.Distribution`` is asked in its own dtype, and finds what is outside of its support
      impossible. Its event has to be a whole row: ``MultivariateNormal``, ``Independent(Normal(...), 1)``.
    - A flow of zuko is asked for its distribution, ``flow().log_prob(x)``.
    - Of an estimator of scikit-learn ``score_samples`` is taken, which are log-densities in nats if it is a density:
      ``GaussianMixture``, ``KernelDensity``, ``PCA`` (the probabilistic one). The ``score_samples`` of outlier
      detectors are none, and are refused where they are asked for, as what has none of these.

    Args:
        model: any of these, fitted; none stays none.

    Example:
        >>> from sklearn.mixture import GaussianMixture
        >>> rows = np.random.default_rng(0).normal(size=(50, 3))
        >>> mixture = GaussianMixture(2, random_state=0).fit(rows)
        >>> np.allclose(density_of(mixture).log_prob(torch.from_numpy(rows)), mixture.score_samples(rows))
        True
    """
    zuko = sys.modules.get("zuko.lazy")  # where it is not imported the model is none of its
    if isinstance(model, Distribution):
        return DistributionDensity(model)
    if zuko is not None and isinstance(model, zuko.LazyDistribution):
        return LazyDensity(model)
    return ScoredDensity(model) if is_scored_density(model) else model


def is_scored_density(model: object) -> bool:
    """Tell an estimator of scikit-learn whose ``score_samples`` are log-densities."""
    base = sys.modules.get("sklearn.base")
    return (
        base is not None
        and isinstance(model, base.BaseEstimator)
        and callable(getattr(model, "score_samples", None))
        and not isinstance(model, base.OutlierMixin)
    )


class DistributionDensity:
    """A distribution of PyTorch.

    Args:
        of: the distribution.
    """

    def __init__(self, of: Distribution) -> None:
        self.of = of
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            self._like = of.sample()

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density of each row, ``[B]`` in nats, −∞ outside of the support."""
        x = x.to(self._like)
        try:
            support: Any = self.of.support
            inside = support.check(x)
        except NotImplementedError:
            return self.of.log_prob(x)
        if inside.shape != x.shape[:1]:  # not one over rows, as whoever asks will say
            return self.of.log_prob(x)
        within = torch.where(inside.reshape(-1, *[1] * (x.ndim - 1)), x, self._like)
        return torch.where(inside, self.of.log_prob(within), -math.inf)


class LazyDensity(nn.Module):
    """A module that makes a distribution when it is called, as zuko's flows do.

    Args:
        of: called with nothing.
    """

    def __init__(self, of: nn.Module) -> None:
        super().__init__()
        self.of = of

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density of each row, ``[B]`` in nats."""
        values: Tensor = self.of().log_prob(x)
        return values


class ScoredDensity:
    """An estimator whose ``score_samples(X)`` are log-densities of the rows of ``X [N, D]``, as scikit-learn has them.

    Args:
        of: the estimator, fitted.
    """

    def __init__(self, of: Any) -> None:
        self.of = of

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density of each row, float64 ``[B]`` in nats."""
        rows = x.detach().cpu().double().numpy().reshape(len(x), -1)  # squares of large float32 would be infinite
        return torch.from_numpy(np.asarray(self.of.score_samples(rows), dtype=np.float64))


class InEval:
    """A model in eval mode, copied when it has to be: the caller's own is left as it is.

    Args:
        model: the caller's.
    """

    def __init__(self, model: Density | None) -> None:
        self._model: Any = model
        self._parts: nn.Module | None = self._model if isinstance(self._model, nn.Module) else None
        self.is_flow = isinstance(model, Flow)
        self._groupwise: dict[tuple[int, float], Flow] = {}

    @cached_property
    def whole(self) -> Any:
        """The model as it is, with all of its parameters: for statistics that take gradients. To be left as it is."""
        if self._parts is not None and any(part.training for part in self._parts.modules()):
            return copy.deepcopy(self._parts).eval()
        return self._model

    @cached_property
    def lean(self) -> Flow:
        """A flow folded for inference."""
        return folded(cast(Flow, self._model))

    def groupwise(self, group: int, share: float) -> Flow:
        """A flow whose batch norms normalise by the images of each group: see :func:`oodflow.nets.groupwise`."""
        if (group, share) not in self._groupwise:
            self._groupwise[group, share] = groupwise(cast(Flow, self._model), group, share)
        return self._groupwise[group, share]

    def cast(self, x: Tensor) -> Tensor:
        """Bring numbers to the type that the model's parameters have, if it has any and says nothing of types."""
        parameters = [] if self._parts is None or self.is_flow else self._parts.parameters()
        like = next((parameter for parameter in parameters if parameter.is_floating_point()), None)
        return x if like is None or not x.is_floating_point() else x.to(like.dtype)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        if self.is_flow:
            return cast(Flow, self._model).device
        parameters = [] if self._parts is None else self._parts.parameters()
        return next((parameter.device for parameter in parameters), torch.device("cpu"))
