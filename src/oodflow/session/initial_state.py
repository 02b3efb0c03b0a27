"""The state of a training before its first step: a flow that fits the data."""

from collections.abc import Mapping

from oodflow.data import DataSet, ImageSet
from oodflow.data.made_alike import require_made_alike
from oodflow.data.spec import with_shape
from oodflow.errors import UsageError
from oodflow.flows import Flow
from oodflow.runs.config import RunConfig
from oodflow.statistics import require_columns, require_shape
from oodflow.training import TrainingConfig, TrainState, choose_device, seeded
from oodflow.training.streams import DATA


def initial_state(config: RunConfig, training: TrainingConfig, sets: Mapping[str, DataSet], device: str) -> TrainState:
    """Build a configuration's flow for the data that it is trained on, and all that changes with it.

    Args:
        config: of the run.
        training: its part that says how.
        sets: what is trained on, by the name of the part.
        device: where, as :func:`~oodflow.training.choose_device` takes it.

    Raises:
        UsageError: the flow does not fit the data, or these not one another.
    """
    with seeded(training.seed):
        flow = _flow(config, sets[DATA])
    for name, images in sets.items():
        if name != DATA:
            require_columns(sets[DATA].columns, images)
            require_shape(flow, images)
            require_made_alike(config.data, images.name)
    return TrainState.start(flow, training, choose_device(device))


def _flow(config: RunConfig, images: DataSet) -> Flow:
    if isinstance(images, ImageSet) != config.flow.domain.is_images:
        other = (
            "one over 8-bit images" if isinstance(images, ImageSet) else "such as that of the recipe tabular-realnvp"
        )
        raise UsageError(
            f"data={config.data} holds {images.unit}, and this {config.flow.kind} is over "
            f"{'8-bit images' if config.flow.domain.is_images else 'real tensors'}: take another flow, {other}."
        )
    try:
        return config.flow.build(images.shape)
    except UsageError as error:
        if not isinstance(images, ImageSet):
            raise UsageError(f"this {config.flow.kind} can't be built for {config.data}: {error}") from error
        shape = "x".join(map(str, images.shape))
        raise UsageError(
            f"this {config.flow.kind} can't be built for the {shape} images of {config.data}: {error} "
            f"Change flow's settings, or the images' size with data={with_shape(config.data, 'CxHxW')}."
        ) from error
