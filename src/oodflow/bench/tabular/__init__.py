"""``FlowDetector`` on tables, beside the detectors of scikit-learn and PyOD: one-class, at everybody's defaults."""

from oodflow.bench.tabular.measure import measure
from oodflow.bench.tabular.methods import METHODS, Method
from oodflow.bench.tabular.page import tabular_document, write_tabular
from oodflow.bench.tabular.record import Protocol, TabularOptions, TabularRecord
from oodflow.bench.tabular.tables import TABLES

__all__ = [
    "METHODS", "TABLES", "Method", "Protocol", "TabularOptions", "TabularRecord", "measure", "tabular_document",
    "write_tabular",
]  # fmt: skip
