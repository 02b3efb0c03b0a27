"""A run: its configuration, its folder, what is recorded of it, and what it is called."""

from oodflow.runs.config import MonitorConfig, RunConfig
from oodflow.runs.overrides import fields_of, override
from oodflow.runs.run_dir import RunDir, load

__all__ = ["MonitorConfig", "RunConfig", "RunDir", "fields_of", "load", "override"]
