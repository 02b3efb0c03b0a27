"""The contracts as a public test suite: what every bijection, transformer, net, flow, score … has to keep to.

Each check raises ``AssertionError`` with the clause that does not hold; run them on your own layers too.
"""

from oodflow.testing.bijections import check_bijection
from oodflow.testing.dequantisations import check_dequantisation
from oodflow.testing.domains import check_domain
from oodflow.testing.experiments import check_experiment
from oodflow.testing.flows import check_flow
from oodflow.testing.nets import check_net
from oodflow.testing.objectives import check_objective
from oodflow.testing.priors import check_prior
from oodflow.testing.recipes import check_recipe
from oodflow.testing.scores import check_score
from oodflow.testing.sources import check_source
from oodflow.testing.statistics import check_statistic
from oodflow.testing.tables import check_table_file
from oodflow.testing.transformers import check_transformer

__all__ = [
    "check_bijection", "check_dequantisation", "check_domain", "check_experiment", "check_flow", "check_net",
    "check_objective", "check_prior", "check_recipe", "check_score", "check_source", "check_statistic",
    "check_table_file", "check_transformer",
]  # fmt: skip
