"""Why a trained flow finds other images as likely as its own: measured quantities, figures, and what they say."""

from oodflow.explanation.coupling_pictures import coupling_row
from oodflow.explanation.explain import explain
from oodflow.explanation.observations import observations
from oodflow.explanation.options import ExplainOptions

__all__ = ["ExplainOptions", "coupling_row", "explain", "observations"]
