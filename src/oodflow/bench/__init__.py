"""How fast it is here, beside what this machine could do: limits, throughput, memory, start-up, other libraries."""

from oodflow.bench.guard import Ratio, Ratios, differences, fallen, load_ratios, ratios, write_ratios
from oodflow.bench.page import as_markdown
from oodflow.bench.run import BenchOptions, bench, require_writable, write

__all__ = [
    "BenchOptions", "Ratio", "Ratios", "as_markdown", "bench", "differences", "fallen", "load_ratios", "ratios",
    "require_writable", "write", "write_ratios",
]  # fmt: skip
