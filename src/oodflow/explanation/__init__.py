"""Why a trained flow finds other images as likely as its own: measured quantities, figures, and what they say."""

from oodflow.explanation.explain import explain
from oodflow.explanation.options import ExplainOptions

__all__ = ["ExplainOptions", "explain"]
