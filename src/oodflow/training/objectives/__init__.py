"""What training minimises, by name."""

from typing import Annotated

from pydantic import SerializeAsAny

from oodflow.registry import ChosenFrom, Registry
from oodflow.training.objectives.likelihood import MaximumLikelihood
from oodflow.training.objectives.negative import NegativeTraining
from oodflow.training.objectives.objective import Loss, Objective

OBJECTIVES: Registry[type[Objective]] = Registry(
    "objective", "oodflow.objectives", {"likelihood": MaximumLikelihood, "negative": NegativeTraining}
)

AnyObjective = Annotated[SerializeAsAny[Objective], ChosenFrom(OBJECTIVES)]
"""Settings of any registered objective."""

__all__ = ["OBJECTIVES", "AnyObjective", "Loss", "MaximumLikelihood", "NegativeTraining", "Objective"]
