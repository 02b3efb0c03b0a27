"""What a score is, and a score that has been fitted."""

import json
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.config import Component
from oodflow.data import DataSet
from oodflow.errors import NOT_AS_WRITTEN, OodflowError, UsageError
from oodflow.files import path_of
from oodflow.flows import load_tensors, save_tensors
from oodflow.statistics import Array, Density, Observation, Statistic, deal, too_few

Values = NDArray[np.float64]
Seen = Mapping[Statistic, Array]
"""By statistic: an array ``[N, *shape]``; for a score of groups ``[M, group, *shape]``.

A statistic that is of groups itself has ``[M, *shape]``.
"""
Learned = Mapping[str, Values]
"""What a score has learned, by name."""


class NotFittedError(OodflowError):
    """A score that needs reference data was used before ``fit``.

    Args:
        score: the score, for the message.

    Example:
        >>> from oodflow.scores import Typicality
        >>> raise NotFittedError(Typicality())
        Traceback (most recent call last):
            ...
        oodflow.scores.score.NotFittedError: typicality is not fitted: call fit(reference) with the observation of \
held-out in-distribution data first.
    """

    def __init__(self, score: "Score") -> None:
        super().__init__(
            f"{score.name} is not fitted: call fit(reference) with the observation of held-out in-distribution data "
            "first."
        )


class Score(Component):
    """Settings of a score: a number for each image, or group of images, that is higher the more OOD it is.

    A subclass says which statistics it reads, and makes a score of them; it sees nothing else, so the score of an image
    depends on that image's statistics and on what was learned, never on its neighbours.

    Attributes:
        kind: its name in ``SCORES``.
        unit: of the values, such as ``"nats"``; differences between images have a meaning in it.
        learns: whether it must be fitted to held-out in-distribution data.
        learns_from_training: whether data that the model was trained on will do for that, and the more the better.
        detects: whether other data is expected to have higher values; a term that explains others is no detector.
        shown: the settings in which ``all`` computes it; none: it is to be asked for by its name.
        why_not_shown: why there are none.
    """

    unit: ClassVar[str]
    learns: ClassVar[bool] = False
    learns_from_training: ClassVar[bool] = False
    detects: ClassVar[bool] = True
    shown: ClassVar[tuple[Mapping[str, Any], ...]] = ({},)
    why_not_shown: ClassVar[str] = "it is not computed unless it is asked for"

    @abstractmethod
    def reads(self) -> tuple[Statistic, ...]:
        """List the statistics that it is made of."""

    @abstractmethod
    def values(self, seen: Seen, learned: Learned) -> Values:
        """Make float64 ``[N]`` of the statistics of N images, or ``[M]`` of those of M groups; higher = more OOD."""

    def learn(self, seen: Seen) -> Learned:
        """Learn what normal looks like from the statistics of single held-out images, ``[N, *shape]`` each.

        Those of groups are of groups here too, ``[M, *shape]``.
        """
        del seen
        return {}

    @property
    def group_size(self) -> int:
        """How many images it judges together."""
        return 1

    @property
    def least(self) -> int:
        """How many images it learns from at the least, if it learns."""
        return 1

    @property
    def outside_model(self) -> bool:
        """Whether it asks a model that has learned from other images, so that it stands apart from those that don't."""
        return False

    @property
    def name(self) -> str:
        """What tables and the command line call it: its kind, and what differs from its defaults.

        Example:
            >>> from oodflow.scores import Typicality
            >>> Typicality().name, Typicality(group=10).name
            ('typicality', 'typicality?group=10')
        """
        settings = self.model_dump(mode="json", exclude_defaults=True, exclude={"kind"}).items()
        texts = [
            f"{name}={value if isinstance(value, str) else json.dumps(value).removesuffix('.0')}"
            for name, value in settings
        ]
        return "?".join([self.kind, *(["&".join(texts)] if texts else [])])

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Say why it can't be computed of such data under such a model; none: it can."""
        reasons = (statistic.why_not(model, data) for statistic in self.reads())
        return next((reason for reason in reasons if reason), self.too_few(data))

    def too_few(self, data: DataSet) -> str | None:
        """Say that the data does not fill a group; none: it does."""
        return too_few(data, self.group_size)

    def fit(self, reference: Observation) -> "FittedScore":
        """Learn what normal looks like; most scores have nothing to learn.

        Args:
            reference: held-out in-distribution data: neither training nor test data, and never OOD data.
        """
        reference.collect(self.reads())
        return FittedScore(self, self.learn({statistic: reference[statistic] for statistic in self.reads()}))

    def score(self, observation: Observation) -> Values:
        """Score every image with a score that has nothing to learn; as :meth:`FittedScore.score`.

        Raises:
            NotFittedError: the score learns from reference data.
        """
        if self.learns:
            raise NotFittedError(self)
        return FittedScore(self, {}).score(observation)


class FittedScore:
    """A score, with what it has learned.

    Args:
        settings: the score.
        learned: what its ``learn`` returned.

    Example:
        >>> from oodflow.scores import load_score, Typicality
        >>> from oodflow.testing.observations import example
        >>> fitted = Typicality().fit(example("reference"))
        >>> fitted
        FittedScore('typicality', learned: entropy)
        >>> file = getfixture("tmp_path") / "typicality.safetensors"
        >>> fitted.save(file)
        >>> test = example("test")
        >>> bool((load_score(file).score(test) == fitted.score(test)).all())
        True
    """

    def __init__(self, settings: Score, learned: Learned) -> None:
        self.settings, self.learned = settings, dict(learned)

    def __repr__(self) -> str:
        """Name it, and what it has learned."""
        return f"FittedScore({self.settings.name!r}, learned: {', '.join(self.learned) or 'nothing'})"

    def score(self, observation: Observation) -> Values:
        """Score every image, or every group.

        Groups are dealt at random by the observation's seed; images that do not fill a last group are left out.

        Args:
            observation: of N images or vectors.

        Returns:
            float64 ``[N]`` in ``settings.unit``, or ``[N // group_size]``; higher = more OOD.

        Raises:
            UsageError: there are fewer images than make a group, or the score returns something else.
        """
        score = self.settings
        if reason := score.too_few(observation.data):
            raise UsageError(f"the score {score.name} can't be computed: {reason}.")
        observation.collect(score.reads())
        seen = {statistic: observation[statistic] for statistic in score.reads()}
        count = len(observation) // score.group_size
        if score.group_size > 1:
            groups = deal(len(observation), score.group_size, observation.seed)
            seen = {one: values[groups] if one.group_size == 1 else values for one, values in seen.items()}
        values = np.asarray(score.values(seen, self.learned))
        if values.shape != (count,) or values.dtype != np.float64:
            raise UsageError(
                f"score {score.name!r} of {observation.data.name} is {values.dtype} {list(values.shape)}: expected "
                f"float64 [{count}], one value per {'image' if score.group_size == 1 else 'group'}."
            )
        if bad := np.isnan(values).sum():
            raise UsageError(f"score {score.name!r} of {observation.data.name} holds {bad:,} NaN: expected numbers.")
        return values

    def save(self, path: str | Path) -> None:
        """Write the score to one safetensors file, atomically; :func:`~oodflow.scores.load_score` reads it."""
        about = {"schema_version": 1, "score": self.settings.model_dump(mode="json")}
        tensors = {name: torch.from_numpy(np.array(values)) for name, values in self.learned.items()}
        save_tensors(path_of(path), tensors, {"fitted_score": json.dumps(about)})


def read_fitted(path: Path) -> tuple[dict[str, object], dict[str, Values]]:
    """Read what :meth:`FittedScore.save` wrote: a score's settings, and what it has learned.

    Raises:
        OodflowError: when the file is missing, damaged or holds something else.
    """
    tensors, metadata = load_tensors(path)
    try:
        about = json.loads(metadata["fitted_score"])
        if about["schema_version"] != 1:
            raise ValueError(f"it has schema version {about['schema_version']}, this oodflow reads 1")
        learned = {name: tensor.numpy() for name, tensor in tensors.items()}
        if none := [name for name, values in learned.items() if np.isnan(values).any()]:
            raise ValueError(f"{', '.join(none)} has numbers that are NaN")
        return about["score"], learned
    except NOT_AS_WRITTEN as error:
        why = f"its metadata lacks {error}" if isinstance(error, KeyError) else str(error)
        raise OodflowError(f"{path} does not hold a fitted score: {why}.") from error
