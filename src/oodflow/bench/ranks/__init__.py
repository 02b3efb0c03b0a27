"""What several processes make of a machine: ``oodflow bench --processes N``."""

from oodflow.bench.ranks.measure import measure
from oodflow.bench.ranks.options import RanksOptions
from oodflow.bench.ranks.page import ranks_document
from oodflow.bench.ranks.record import RanksRecord

__all__ = ["RanksOptions", "RanksRecord", "measure", "ranks_document"]
