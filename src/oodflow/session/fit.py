"""Training a flow in Python, in a line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from numbers import Real
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from pydantic import ValidationError

from oodflow.config import first_flaw
from oodflow.data import ImageSet, RealSet, TrainingBatches
from oodflow.errors import UnknownName, UsageError
from oodflow.flows import FLOWS, Flow, FlowConfig
from oodflow.recipes.images import CPU_NET
from oodflow.recipes.scales import cpu_training
from oodflow.session.early_stopping import HeldOut, mean_log_prob
from oodflow.session.patience import NoImprovement
from oodflow.session.progress import training_progress
from oodflow.session.soundness import OF_NO_USE, is_sound
from oodflow.session.training_data import require_spread
from oodflow.session.user_data import UserData, part_of, set_of
from oodflow.training import Callback, Diverged, TrainingConfig, TrainState, choose_device, seeded, train

STEPS = 1000
LOOKED_AT = 256  # images or rows, to see whether a trained flow is of any use
LOOKS = 20  # at held-out data, unless told otherwise

# What a name alone stands for: the sizes of the recipes at `cpu` scale. Other kinds have their own defaults.
SIZES: Mapping[str, Mapping[str, Any]] = {
    "glow": {"steps": 8, "width": 64, "net": CPU_NET},
    "realnvp": {"width": 32, "net": CPU_NET},
    "single-scale": {"width": 32, "net": CPU_NET},
}


def fit(
    flow: str | FlowConfig,
    data: UserData,
    *,
    steps: int | None = None,
    seed: int | None = None,
    training: TrainingConfig | None = None,
    validation: UserData | float | None = None,
    patience: int | None = None,
    every: int | None = None,
    progress: bool | Callback = True,
    device: str = "auto",
    root: Path | None = None,
    **settings: Any,
) -> Flow:
    """Train a flow on data.

    Args:
        flow: a configuration, or the name of one, which stands for the size of the recipes at ``cpu`` scale.
        data: for a flow over 8-bit images a uint8 array or tensor ``[N, C, H, W]``, ``[N, H, W, C]`` with 1 or 3
            channels, or ``[N, H, W]``; for one over real tensors floats ``[N, ...]``, such as ``[N, D]`` for
            ``tabular``. Or an ``ImageSet`` or ``RealSet``. Or a ``Dataset`` or ``DataLoader`` of PyTorch whose items
            are x or (x, y), which is read once, into memory. Or a folder of pictures, or a data set by name,
            ``"fashion_mnist"`` or ``"folder:photos?shape=3x32x32"``, of which the ``train`` split is taken.
        steps: optimiser steps, 1,000 unless ``training`` says.
        seed: of initial weights, order, noise and what is held out; 0 unless ``training`` says.
        training: every other setting of the training; that of the ``cpu`` recipes unless given.
        validation: held-out data, as ``data``, or the share of ``data`` to hold out. The flow then comes back with the
            weights under which the held-out data was likeliest.
        patience: end training when so many looks in a row at the held-out data bring nothing better.
        every: steps between these looks, a twentieth of all unless given.
        progress: whether to show a bar where stderr is a terminal, or a callback, called after each step.
        device: ``auto``, ``cpu`` or ``cuda``.
        root: where data sets lie; see :func:`oodflow.data.data_root`.
        settings: fields of the configuration, where ``flow`` is a name: ``width=64``, ``domain="reals"``.

    Returns:
        The flow in eval mode, where it was trained; ``flow.save(path)`` writes it for :func:`oodflow.load`.

    Raises:
        UsageError: for an argument that can't be right, and data that the flow can't be over.
        OodflowError: when data is missing or damaged, or training diverges.

    Example:
        >>> images = np.random.default_rng(0).integers(0, 256, (40, 1, 8, 8), dtype=np.uint8)
        >>> flow = fit("realnvp", images, steps=2, seed=0, width=4)
        >>> flow.log_prob(images[:3]).shape, flow.sample(2).shape
        ((3,), torch.Size([2, 1, 8, 8]))
    """
    config, schedule = flow_config(flow, settings), _training(training, steps, seed)
    _check(patience, every, validation, progress)
    with seeded(schedule.seed):  # what a DataLoader or an augmentation draws
        found = set_of(data, config, "data", root)
        found, held_out = _held_out(found, validation, config, schedule.seed, root)
    require_spread(found)
    if training is None:
        schedule = schedule.model_copy(update={"batch_size": min(schedule.batch_size, len(found))})
    with seeded(schedule.seed):
        built = config.build(found.shape)
    state = TrainState.start(built, schedule, choose_device(device))
    looks = None if held_out is None else HeldOut(held_out, every or max(1, schedule.steps // LOOKS), patience)
    with _shown(progress) as shown, suppress(NoImprovement):
        callbacks = [callback for callback in (shown, looks) if callback is not None]
        train(state, TrainingBatches(found, schedule.batch_size, schedule.seed), schedule, callbacks=callbacks)
    with state.evaluating():
        weights = {name: tensor.clone() for name, tensor in built.state_dict().items()}
    built.load_state_dict(weights if looks is None else looks.weights)
    built.zero_grad()
    _require_sound(built.eval(), found if held_out is None else held_out, schedule.steps)
    return built


def flow_config(flow: str | FlowConfig, settings: Mapping[str, Any] = MappingProxyType({})) -> FlowConfig:
    """Make the configuration that a name stands for, with settings of its own; arguments and errors as :func:`fit`."""
    if isinstance(flow, FlowConfig):
        if settings:
            raise UsageError(f"{', '.join(settings)} came beside a configuration: set what it stands for in that.")
        return flow
    if not isinstance(flow, str):
        raise UsageError(f"flow is a {type(flow).__name__}: expected one of {', '.join(FLOWS)}, or a configuration.")
    kind = FLOWS[flow]
    for name in settings:
        if name not in kind.model_fields:
            raise UnknownName(f"setting of {flow}", name, kind.model_fields.keys() - {"kind"})
    try:
        return kind(**{**SIZES.get(flow, {}), **settings})
    except ValidationError as error:
        raise UsageError(_sentence(error)) from error


def _training(training: object, steps: int | None, seed: int | None) -> TrainingConfig:
    if not isinstance(training, TrainingConfig | None):
        raise UsageError(f"training is a {type(training).__name__}: expected a TrainingConfig, or steps=1000 alone.")
    settings = (training or cpu_training(STEPS)).model_dump()
    settings |= {name: value for name, value in (("steps", steps), ("seed", seed)) if value is not None}
    try:
        asked = TrainingConfig(**settings)
    except ValidationError as error:
        raise UsageError(_sentence(error)) from error
    if training is None:  # a short training has no time for a long warm-up
        return asked.model_copy(update={"warmup_steps": min(asked.warmup_steps, asked.steps // 10)})
    return asked


def _check(patience: object, every: object, validation: object, progress: object) -> None:
    if not (isinstance(progress, bool) or callable(progress)):
        raise UsageError(f"progress is {progress!r}: expected True, False, or what is to be called after each step.")
    for name, value in (("patience", patience), ("every", every)):
        if value is not None and not (isinstance(value, Real) and value % 1 == 0 and not value < 1):
            raise UsageError(f"{name} is {value!r}: expected a whole number from 1.")
        if value is not None and validation is None:
            raise UsageError(f"{name} needs held-out data to look at: pass validation=0.1, or data of its own.")


def _require_sound(flow: Flow, data: ImageSet | RealSet, steps: int) -> None:
    """Refuse to give back a flow that can't be asked about its own data."""
    if not is_sound(mean_log_prob(flow, data.limit(LOOKED_AT))):
        raise Diverged(f"after step {steps} the log-probabilities of data like those trained on {OF_NO_USE}")


def _held_out(
    data: ImageSet | RealSet, validation: UserData | float | None, config: FlowConfig, seed: int, root: Path | None
) -> tuple[ImageSet | RealSet, ImageSet | RealSet | None]:
    """Part data into what is trained on and what is held out."""
    if validation is None:
        return data, None
    if not isinstance(validation, float | int):
        held_out = set_of(validation, config, "validation", root)
        if held_out.shape != data.shape:
            raise UsageError(f"validation has shape {held_out.shape} but data has {data.shape}: they must agree.")
        if held_out.fingerprint == data.fingerprint:
            raise UsageError("validation is the very data that is trained on: hold a share of it out, validation=0.1.")
        return data, held_out
    if not 0 < validation < 1:
        raise UsageError(f"validation is {validation}: expected a share of the data between 0 and 1, or data.")
    order = np.random.default_rng((seed, len(data))).permutation(len(data))
    size = min(max(1, round(validation * len(data))), len(data) - 1)
    return part_of(data, order[size:]), part_of(data, order[:size])


@contextmanager
def _shown(progress: bool | Callback) -> Iterator[Callback | None]:
    if isinstance(progress, bool):
        if not progress:
            yield None
            return
        with training_progress() as callback:
            yield callback
    else:
        yield progress


def _sentence(error: ValidationError) -> str:
    flaw = first_flaw(error)
    return f"{flaw.where} is {flaw.came!r}: {flaw.why}."
