"""The density of a detector: a flow that it trains, or any other density, fitted or to be fitted."""

import copy
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from oodflow.detectors.defaults import PATIENCE, table_recipe
from oodflow.detectors.parts import Parts
from oodflow.detectors.rows import Rows
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import Flow, FlowConfig
from oodflow.scores import Score
from oodflow.session.fit import fit, flow_config
from oodflow.session.training_data import require_spread
from oodflow.statistics import LogProb, Observation, density_of
from oodflow.statistics.model import is_scored_density
from oodflow.training import TrainingConfig, choose_device


def density_for(flow: Any) -> Any:
    """Check what came as ``flow``: a name becomes a configuration, all else stays.

    Raises:
        UsageError: it is no density.
    """
    if isinstance(flow, str | FlowConfig):
        return flow_config(flow)
    if callable(getattr(density_of(flow), "log_prob", None)) and not isinstance(flow, type):
        return flow
    raise UsageError(
        f"flow is {flow!r}: expected the name or the configuration of a flow, or a density: something with "
        f"log_prob(x), a flow of zuko, GaussianMixture or KernelDensity of scikit-learn."
    )


def is_fitted(model: Any) -> bool:
    """Tell whether a density is used as it is: all but configurations, and estimators that have not been fitted."""
    if isinstance(model, FlowConfig):
        return False
    if not is_scored_density(model):
        return True
    try:
        check_is_fitted(model)
    except NotFittedError:
        return False
    return True


def fit_density(flow: Any, model: Any, parts: Parts, **options: Any) -> Any:
    """Fit a density to the training rows, unless it is fitted.

    Args:
        flow: what the user asked for; the name of a flow of tables stands for what suits the data.
        model: what :func:`density_for` made of it.
        parts: of the data.
        options: of :func:`oodflow.fit`; those of its ``training`` and ``patience`` that are none suit the data.

    Returns:
        The density: flows in eval mode, and over real numbers in float64, so that a row's score depends on no other.
    """
    if isinstance(model, FlowConfig):
        fitted: Any = _trained(flow, model, parts, **options)
    elif not is_fitted(model):
        fitted = clone(model).fit(_given(parts.training).batch(slice(None)).astype(np.float64))
    elif isinstance(model, Flow):
        fitted = copy.deepcopy(model).to(choose_device(options["device"])).eval()  # the user's own stays as it is
    else:
        fitted = model
    return fitted.double() if isinstance(fitted, Flow) and not fitted.domain.is_images else fitted


def _trained(
    flow: Any,
    config: FlowConfig,
    parts: Parts,
    *,
    training: TrainingConfig | None,
    patience: int | None,
    **options: Any,
) -> Flow:
    rows = _given(parts.training)
    if flow == "tabular":
        recipe = table_recipe(len(rows), rows.shape[0])
        config, training = recipe.flow, training or recipe.training
    if parts.choice is not None:
        options |= {"validation": parts.choice, "patience": PATIENCE if patience is None else patience}
    return fit(config, rows, training=training, **options)


def _given(rows: Rows | None) -> Rows:
    assert rows is not None, "what is to be fitted has rows to be fitted to"
    return rows


def require_sense(model: Any, score: Score, data: Rows) -> None:
    """Refuse what can't be learned or scored, before anything takes time, with a ``UsageError``."""
    if isinstance(model, Flow) and model.shape != data.shape:
        raise UsageError(
            f"X holds data of shape {list(data.shape)} each but this flow is over {list(model.shape)}: pass data as it "
            "was trained on, or another flow."
        )
    if isinstance(model, FlowConfig):
        if data.shape == (1,):
            raise UsageError(
                f"X has 1 feature(s), that is, one column, and the flow {model.kind} changes some columns by what it "
                f"sees in others: pass 2 columns or more, or take flow=sklearn.neighbors.KernelDensity()."
            )
        with torch.random.fork_rng(devices=[]):
            asked: Any = model.build(data.shape)  # only to ask what can be made of such a flow
    else:
        asked = density_of(model)
    if reason := score.why_not(asked, data):
        raise UsageError(f"the score {score.name} can't be computed here: {reason}.")
    if is_fitted(model):
        _require_answer(asked, data)
    else:
        require_spread(data)


def _require_answer(density: Any, data: Rows) -> None:
    """Ask a density that is used as it is about two rows: what another library says of a wrong size is its own."""
    try:
        Observation(density, data.limit(2))[LogProb()]
    except OodflowError:
        raise
    except (RuntimeError, ValueError) as error:
        name, why = type(getattr(density, "of", density)).__name__, str(error).partition("\n")[0].rstrip(".")
        raise UsageError(
            f"a {name} can't tell the log-density of rows of X, of shape {list(data.shape)} each ({why}): pass rows "
            f"of the size that it is over."
        ) from error
