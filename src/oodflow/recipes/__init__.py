"""Named runs: ``RECIPES`` maps a name to a function from scale to configuration."""

from oodflow.recipes.named import RECIPES
from oodflow.recipes.scales import SCALES

__all__ = ["RECIPES", "SCALES"]
