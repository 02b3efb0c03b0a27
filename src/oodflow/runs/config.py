"""What a run is: data, flow and training in one configuration."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from oodflow.config import Config
from oodflow.data import canonical, same_set
from oodflow.flows import AnyFlowConfig
from oodflow.training import AnyObjective, MaximumLikelihood, TrainingConfig


class MonitorConfig(Config):
    """What to look at while training. Nothing here changes what is trained, but how long.

    Attributes:
        every: steps between looks; there is one more at the end.
        images: how many images of each set to score.
        samples: how many images to draw.
        patience: how many looks in a row may find nothing better on held-out data, which is one half of the calibration
            part, before training ends; the weights of the best look are then those of the run. None: it goes to its
            end, and keeps the last.
    """

    every: int = Field(1000, ge=1)
    images: int = Field(500, ge=2)
    samples: int = Field(64, ge=1)
    patience: int | None = Field(None, ge=1)

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a patience that there is not, as configurations did before there was any."""
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if name != "patience" or value is not None}


class StartingWeights(Config):
    """Weights that were trained before, with which a training begins.

    Attributes:
        path: of the file.
        digest: SHA-256 of its content.
        data: the data sets that they were trained on, where that is known.
        whole: those of them whose calibration part was trained on, too.
    """

    path: str
    digest: str
    data: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


class RunConfig(Config):
    """A whole run.

    Attributes:
        recipe: the recipe it started from.
        scale: the recipe's scale.
        data: the in-distribution data set.
        split: its part to train on; ``train+calibration`` is the whole official train part; never the test part.
        ood: data sets to ask about while training, and in evaluation unless told otherwise.
        flow: the flow.
        objective: what training minimises, and which data sets beside ``data`` it takes for that.
        training: how to train it; none for a flow that was trained elsewhere.
        monitor: what to look at meanwhile.
        start: the weights to begin with; none: random ones.
    """

    recipe: str
    scale: str
    data: str
    split: Literal["train", "train+calibration"] = "train"
    ood: tuple[str, ...] = ()
    flow: AnyFlowConfig
    objective: AnyObjective = MaximumLikelihood()
    training: TrainingConfig | None
    monitor: MonitorConfig = MonitorConfig()
    start: StartingWeights | None = None

    @property
    def trained_on(self) -> tuple[str, ...]:
        """The data sets that its weights know, those that they were trained on before included."""
        return (self.data, *self.objective.streams.values(), *(self.start.data if self.start else ()))

    @property
    def trained_on_whole(self) -> tuple[str, ...]:
        """Those of :attr:`trained_on` of which nothing is held out from its weights but a test part."""
        own = (self.data, *self.objective.streams.values()) if self.split != "train" else ()
        return (*own, *(self.start.whole if self.start else ()))

    @field_validator("data", "ood")
    @classmethod
    def _as_registered(cls, specs: str | tuple[str, ...]) -> str | tuple[str, ...]:
        """Write the names of data sets in one way."""
        return canonical(specs) if isinstance(specs, str) else tuple(map(canonical, specs))

    def asked_split(self, spec: str) -> str:
        """Tell which part of an out-of-distribution set is asked about: what was not trained on.

        That is all of it that may be scored, but the test part of a set that is trained on too, be it mutated.
        """
        return "test" if any(same_set(spec, other) for other in self.trained_on) else "all"

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a start that there is not, as configurations did before there was any."""
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if name != "start" or value is not None}

    @model_validator(mode="after")
    def _held_out(self) -> Self:
        """See that there is something to be patient about."""
        if self.monitor.patience is not None and self.split != "train":
            raise ValueError(f"monitor.patience looks at held-out data, and split={self.split} leaves none: take train")
        return self

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_versions(cls, values: Any) -> Any:
        """Say what a configuration meant that was written before ``clip`` was a setting: it followed from ``decay``."""
        if isinstance(values, Mapping) and isinstance(training := values.get("training"), Mapping):
            clip = "together" if training.get("decay") == "all" else "apart"
            return {**values, "training": {"clip": clip, **training}}
        return values
