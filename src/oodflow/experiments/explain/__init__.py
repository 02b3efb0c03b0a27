"""Why a trained flow finds other images as likely as its own: measured quantities, figures, and what they say."""

from oodflow.experiments.explain.options import ExplainOptions
from oodflow.experiments.explain.run import explain

__all__ = ["ExplainOptions", "explain"]
