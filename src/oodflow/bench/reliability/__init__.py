"""What becomes of trainings that are killed, stopped, starved or damaged, tried many times: ``oodflow reliability``."""

from oodflow.bench.reliability.measure import measure
from oodflow.bench.reliability.options import ReliabilityOptions
from oodflow.bench.reliability.page import reliability_document
from oodflow.bench.reliability.record import ReliabilityRecord

__all__ = ["ReliabilityOptions", "ReliabilityRecord", "measure", "reliability_document"]
