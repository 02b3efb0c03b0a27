"""An outlier detector made of a flow, or of any density, as scikit-learn has them."""

import copy
from collections.abc import Callable
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from oodflow.data import RealSet
from oodflow.detectors.contributions import Columns, conditional_contributions
from oodflow.detectors.defaults import AUTO_FPR, default_score
from oodflow.detectors.models import density_for, fit_density, is_fitted, require_sense
from oodflow.detectors.parts import deal_rows, require_enough
from oodflow.detectors.rows import Over, Rows, read_rows
from oodflow.detectors.saving import load_detector, save_detector
from oodflow.errors import UsageError
from oodflow.files import path_of
from oodflow.flows import Flow, FlowConfig
from oodflow.metrics import conformal_p_values, conformal_threshold
from oodflow.scores import FittedScore, Score, named_score
from oodflow.statistics import LogProb, Observation
from oodflow.statistics.model import is_scored_density
from oodflow.training import TrainingConfig

Values = NDArray[np.float64]

_ROWS_LOOKED_AT = 5_000  # for what is usual in each column
_ROWS_AT_ONCE = 1 << 16


class FlowDetector(OutlierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    r"""Outlier detection by a normalizing flow, or any density.

    ``fit`` deals the rows by the seed: most train the flow; of those held out one half tells when to stop, and is
    learned from by scores that learn, and the other half is kept for thresholds and p-values. Scores have the signs of
    scikit-learn, **higher = more normal**: they are the negatives of those of :mod:`oodflow.scores`.

    Args:
        flow: the density. The name of a flow, ``"tabular"`` for tables and embeddings, ``"realnvp"`` or ``"glow"`` for
            8-bit images, or its configuration: it is trained. ``"tabular"`` stands for a flow and a training that
            suit the size of the table; ``TabularConfig()`` is another flow, of that configuration's own defaults, and
            is trained as :func:`oodflow.fit` does. An estimator of scikit-learn whose ``score_samples`` are
            log-densities, such as ``GaussianMixture()`` or ``KernelDensity()``: it is fitted, unless it is already.
            Anything with ``log_prob(x)``, a flow that :func:`oodflow.fit` returned, a
            ``torch.distributions.Distribution``, or a flow of zuko: it is used as it is, and all rows are held out as
            far as it is concerned, so pass ``fit`` rows that it has not learned from.
        score: what is made of the density: a name of ``oodflow.scores.SCORES``, with settings as
            ``"typicality?..."``, or a score; one of single rows. By default ``latent-density`` of flows that are
            trained on numbers, which is a log-density, too, ``combined`` of flows that are trained on images, and
            ``likelihood`` of a density that is there, or is none of ours.
        contamination: where the threshold lies. A share in (0, 0.5]: that share of the rows passed to ``fit`` lies
            beyond it, as in scikit-learn. ``"auto"``: rows are taken as normal, and 5 % of new ones like them will lie
            beyond it, or fewer; a guarantee that rests on held-out rows, as :meth:`calibrate` gives for any rate. Of
            fewer than 19 such rows the least normal is the limit.
        steps: of training; by default as many as suit the data.
        training: every other setting of training, but for the seed. Its batches must not be larger than the rows that
            are trained on, which are fewer than ``fit`` is given by those held out.
        validation: share of the rows to hold out, at most 20,000 rows, or 4,000 images; a fifth by default. 0: all are
            trained on, for all steps, and nothing is left for promises.
        patience: looks at held-out rows in a row, of twenty in all, that may bring nothing better before training ends.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or another of several GPUs.
        random_state: a number for the same result each time.
        verbose: 1 shows a bar where stderr is a terminal.

    Attributes:
        n_features_in_: numbers in a row, or image.
        feature_names_in_: names of the columns, where they had names that are all strings.
        offset_: the threshold: ``decision_function`` is ``score_samples`` less it.
        model_: the density.
        score_: the fitted score.
        calibration_scores_: score_samples of the rows that promises rest on, float64 ``[M]``; none: there are none.
        shape_: of one row, or image.
        columns_: what is usual in each column; none where there are none.

    Raises:
        UsageError: (a ``ValueError``) for an argument that can't be right, and data that the density can't be over.
        OodflowError: when training diverges.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(300, 2)) @ np.array([[2.0, 1.0], [0.0, 0.5]])
        >>> detector = FlowDetector(steps=200, random_state=0).fit(rows)
        >>> detector.predict([[2.0, 1.0], [2.0, -3.0]])
        array([ 1, -1])
        >>> bool(detector.p_values([[2.0, -3.0]])[0] < 0.05)
        True
    """

    def __init__(
        self,
        flow: Any = "tabular",
        score: str | Score | None = None,
        *,
        contamination: float | str = "auto",
        steps: int | None = None,
        training: TrainingConfig | None = None,
        validation: float | None = None,
        patience: int | None = None,
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.flow, self.score, self.contamination = flow, score, contamination
        self.steps, self.training, self.validation, self.patience = steps, training, validation, patience
        self.device, self.random_state, self.verbose = device, random_state, verbose

    def fit(self, X: Any, y: object = None) -> Self:
        """Fit density, score and threshold.

        Args:
            X: ``[N, D]`` numbers, an array, a tensor or a table with names; for flows over images uint8
                ``[N, C, H, W]``, ``[N, H, W, C]`` or ``[N, H, W]``. Normal data, or mostly so.
            y: not used.

        Returns:
            This detector.
        """
        del y
        model, asked = density_for(self.flow), vars(self)["score"]
        score = default_score(model) if asked is None else _score(asked)
        _require_contamination(self.contamination)
        if not isinstance(self.training, TrainingConfig | None):
            raise UsageError(f"training is {self.training!r}: expected an oodflow.training.TrainingConfig.")
        seed = _seed(self.random_state)
        data = read_rows(self, X, Over.of(model))
        require_sense(model, score, data)
        chooses = isinstance(model, FlowConfig) or score.learns
        parts = deal_rows(data, self.validation, seed, fits=not is_fitted(model), chooses=chooses)
        learned_from = parts.for_score(score)
        require_enough(score, learned_from, data, self.validation, fits=parts.training is not None)
        self.shape_ = data.shape
        self.model_ = fit_density(
            self.flow, model, parts, steps=self.steps, training=self.training, patience=self.patience,
            device=self.device, seed=seed, progress=bool(self.verbose),
        )  # fmt: skip
        self.score_ = score.fit(self._seen(learned_from)) if score.learns else FittedScore(score, {})
        self.calibration_scores_ = None if parts.calibration is None else self._scores(parts.calibration)
        self.offset_ = self._offset(data)
        self.columns_ = Columns.of(data.limit(_ROWS_LOOKED_AT).batch(slice(None))) if len(data.shape) == 1 else None
        return self

    @property
    def score(self) -> Callable[..., float]:
        """The method ``score(X, y=None)``: the mean of ``score_samples``, by which a ``GridSearchCV`` chooses.

        The argument of this name is told by ``get_params()["score"]``, for scikit-learn takes ``score`` of an estimator
        for a method. Likelihoods of different densities compare; other scores have units of their own.
        """
        return self._mean_score

    @score.setter
    def score(self, chosen: str | Score | None) -> None:
        self.__dict__["score"] = chosen

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Tell the arguments by name, and with ``deep`` those of an estimator among them, as ``flow__n_components``."""
        own = {name: vars(self)[name] for name in self._get_param_names()}
        inner = own["flow"].get_params() if deep and is_scored_density(own["flow"]) else {}
        return own | {f"flow__{name}": value for name, value in inner.items()}

    def score_samples(self, X: Any) -> Values:
        """Tell how normal rows are, float64 ``[N]`` in the score's unit; the likelihood's is nats: log p(x)."""
        check_is_fitted(self)
        return self._scores(read_rows(self, X, Over.of(self.model_), shape=self.shape_))

    def decision_function(self, X: Any) -> Values:
        """Tell how far rows are on the normal side of the threshold, ``[N]``; below 0 they are outliers."""
        scores = self.score_samples(X)
        return np.subtract(scores, self.offset_, out=np.zeros_like(scores), where=scores != self.offset_)  # −∞ is one

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Tell inliers, 1, and outliers, −1, ``[N]``."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def calibrate(self, X: Any = None, *, fpr: float = 0.05) -> Self:
        """Move the threshold to where at most a share ``fpr`` of new normal rows lies beyond it.

        The guarantee is finite-sample and assumes nothing of distribution or density: it holds for rows that are drawn
        as those it rests on, over the draw of both; see :func:`oodflow.metrics.conformal_threshold`.

        Args:
            X: normal rows that were not passed to ``fit``; none: those of ``fit`` that were kept for this.
            fpr: the rate of false alarms that is allowed.

        Raises:
            UsageError: there are too few rows for such a rate, or none were kept.
        """
        check_is_fitted(self)
        scores = self._calibration() if X is None else self.score_samples(X)
        self.offset_ = -conformal_threshold(-scores, fpr)
        self.calibration_scores_ = scores
        return self

    def p_values(self, X: Any) -> Values:
        """Tell which share of normal rows would be at least as odd, ``[N]``: at most α for a share of α of them.

        See :func:`oodflow.metrics.conformal_p_values`; errors as :meth:`calibrate`.
        """
        check_is_fitted(self)
        return conformal_p_values(-self._calibration(), -self.score_samples(X))

    def explain(self, X: Any) -> Values:
        """Tell which columns make rows unlikely, ``[N, D]`` in nats, on average 0 for normal ones.

        It is by how much likelier the row would be if the column were drawn anew, given what stands in the others: see
        :func:`~oodflow.detectors.conditional_contributions` for formula and cost, that of 128 D likelihoods a row. It
        explains the likelihood, whatever the score.

        Args:
            X: rows of a table.

        Raises:
            UsageError: the detector is over images, or other tensors that have no columns.
        """
        check_is_fitted(self)
        if self.columns_ is None:
            raise UsageError(f"explain is for the columns of a table, but this detector is over data of {self.shape_}.")
        rows = read_rows(self, X, Over.of(self.model_), shape=self.shape_).batch(slice(None)).astype(np.float64)
        return conditional_contributions(lambda x: self._seen(RealSet.from_array(x))[LogProb()], rows, self.columns_)

    def save(self, path: str | Path) -> None:
        """Write a fitted detector to a folder, all of it or nothing; see :func:`~oodflow.detectors.save_detector`."""
        check_is_fitted(self)
        save_detector(self, path_of(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a detector that :meth:`save` wrote, on the CPU. Nothing in its files is executed.

        Raises:
            OodflowError: when a file is missing, damaged or of another version.
        """
        load_detector(detector := cls(), path_of(path))
        return detector

    def _mean_score(self, X: Any, y: object = None) -> float:
        del y
        return float(self.score_samples(X).mean())

    def _calibration(self) -> Values:
        if self.calibration_scores_ is None:
            raise UsageError(
                "no rows were held out for promises: pass calibrate(X=...) normal rows that fit has not seen."
            )
        return self.calibration_scores_

    def _offset(self, data: Rows) -> float:
        if not isinstance(self.contamination, str):
            return float(np.quantile(self._scores(data), self.contamination, method="higher"))
        if self.calibration_scores_ is None:
            return float(self._scores(data).min())
        scores = self.calibration_scores_
        return -conformal_threshold(-scores, max(AUTO_FPR, 1 / (len(scores) + 1)))

    def _seen(self, data: Rows) -> Observation:
        rows = 256 if data.array.dtype == np.uint8 else min(8192, max(256, 2**22 // self.n_features_in_))
        return Observation(self.model_, data, batch_size=rows)

    def _scores(self, data: Rows) -> Values:
        """Score some rows after the other, so that memory does not grow with their number."""
        parts = (
            np.arange(start, min(start + _ROWS_AT_ONCE, len(data))) for start in range(0, len(data), _ROWS_AT_ONCE)
        )
        return np.concatenate([-self.score_.score(self._seen(data.take(rows))) for rows in parts])

    def __getstate__(self) -> dict[str, Any]:
        """Leave the device: what is read back may have none."""
        state: dict[str, Any] = super().__getstate__()
        if isinstance(model := state.get("model_"), Flow) and model.device.type != "cpu":
            state = state | {"model_": copy.deepcopy(model).cpu()}
        return state


def _score(score: str | Score) -> Score:
    chosen = named_score(score) if isinstance(score, str) else score
    if not isinstance(chosen, Score):
        raise UsageError(f"score is {score!r}: expected the name of a score, such as 'likelihood', or a Score.")
    if chosen.group_size > 1:
        raise UsageError(f"the score {chosen.name} judges {chosen.group_size} rows together: take group=1.")
    return chosen


def _require_contamination(value: Any) -> None:
    if value == "auto" or (isinstance(value, Real) and 0 < float(value) <= 0.5):
        return
    raise UsageError(f"contamination is {value!r}: expected a share in (0, 0.5], or 'auto'.")


def _seed(random_state: Any) -> int:
    if isinstance(random_state, Integral) and int(random_state) >= 0:
        return int(random_state)
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise UsageError(
            f"random_state is {random_state!r}: expected a number from 0, a RandomState or None."
        ) from error
