"""Named recipes, the run directory, and what is done to it: train, evaluate, compare, the demo."""

from oodflow.experiments.config import MonitorConfig, RunConfig
from oodflow.experiments.overrides import fields_of, override
from oodflow.experiments.recipes import RECIPES
from oodflow.experiments.run_dir import RunDir, load
from oodflow.experiments.scales import SCALES

__all__ = ["RECIPES", "SCALES", "MonitorConfig", "RunConfig", "RunDir", "fields_of", "load", "override"]
