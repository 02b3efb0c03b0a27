"""The contract of a recipe, as a test that anyone can run on a recipe of their own."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

from oodflow.data import DataSet, shape_of
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import Flow
from oodflow.recipes import SCALES
from oodflow.runs import RunConfig
from oodflow.session.training_data import training_data
from oodflow.training import StepReport, TrainingConfig, TrainState, seeded, stream, train
from oodflow.training.streams import DATA

STEPS = 2


def check_recipe(make_recipe: Callable[[str], RunConfig], root: Path | None = None) -> None:
    """Test that a recipe keeps its contract.

    It makes a configuration of each scale that survives the way to JSON and back, or refuses the ``long`` or
    the ``paper`` scale, which not every recipe has; it names data sets that exist, all of one shape, and if it trains
    on images also such to be asked about; its flow can be built for that shape; and where the data is on disk, it
    trains.

    Args:
        make_recipe: maps the name of a scale to a configuration.
        root: where data sets lie; see :func:`oodflow.data.data_root`.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.recipes import RECIPES
        >>> check_recipe(RECIPES["photographs-realnvp"])
    """
    _check_refusal(make_recipe)
    for scale in SCALES:
        try:
            config = make_recipe(scale)
        except UsageError as error:
            assert scale in ("long", "paper"), f"a recipe has the scale {scale}, but says: {error}"
            continue
        _check_labels(config, make_recipe, scale)
        _check_json(config)
        _check_data(config)
    _check_sizes(make_recipe("smoke"), make_recipe("cpu"))
    _check_training(make_recipe("smoke"), root)


def _check_refusal(make_recipe: Callable[[str], RunConfig]) -> None:
    try:
        make_recipe("no-such-scale")
    except UsageError as error:
        assert "no-such-scale" in str(error), "the error for an unknown scale names it"
    else:
        raise AssertionError("an unknown scale is refused with a UsageError")


def _check_labels(config: RunConfig, make_recipe: Callable[[str], RunConfig], scale: str) -> None:
    assert config.recipe, "a recipe has a name"
    assert config.scale == scale, f"the configuration of scale {scale} says {config.scale}"
    assert make_recipe(scale) == config, f"{config.recipe} is the same each time at scale {scale}"


def _check_json(config: RunConfig) -> None:
    again = RunConfig.model_validate_json(config.model_dump_json())
    assert again == config, f"{config.recipe} at scale {config.scale} survives the way to JSON and back"


def _check_data(config: RunConfig) -> None:
    assert config.ood or not config.flow.domain.is_images, f"{config.recipe} names out-of-distribution sets"
    assert config.data not in config.ood, f"{config.recipe} does not ask about what it was trained on"
    for spec in config.ood:
        assert shape_of(spec) == shape_of(config.data), f"{spec} and {config.data} have one shape"


def _check_sizes(smoke: RunConfig, cpu: RunConfig) -> None:
    small, large = (sum(p.numel() for p in build(config).parameters()) for config in (smoke, cpu))
    assert small < large, f"the smoke scale of {smoke.recipe} is smaller than its cpu scale"


def _check_training(config: RunConfig, root: Path | None) -> None:
    try:
        sets = training_data(config, root)
    except UsageError:
        raise
    except OodflowError:  # it is not on disk: then this clause can't be checked
        return
    losses = _losses(config, sets)
    assert len(losses) == STEPS, f"{config.recipe} takes {STEPS} steps"
    assert all(map(math.isfinite, losses)), f"{config.recipe} has a finite loss, not {losses}"


def _losses(config: RunConfig, sets: Mapping[str, DataSet]) -> list[float]:
    losses: list[float] = []

    def note(state: TrainState, report: StepReport) -> None:
        losses.append(report.loss)

    batch_size = min(8, *(len(images) for images in sets.values()))
    settings = training_of(config).model_copy(update={"steps": STEPS, "batch_size": batch_size})
    streams = {name: stream(images, name, batch_size, settings.seed) for name, images in sets.items()}
    state, batches = TrainState.start(build(config), settings), streams.pop(DATA)
    train(state, batches, settings, objective=config.objective, streams=streams, callbacks=[note])
    return losses


def build(config: RunConfig) -> Flow:
    """Build the flow of a configuration for the shape of its data."""
    with seeded(training_of(config).seed):
        return config.flow.build(shape_of(config.data))


def training_of(config: RunConfig) -> TrainingConfig:
    """Tell how a recipe trains, which it has to say."""
    assert config.training is not None, f"{config.recipe} says how to train"
    return config.training
