"""Training on a GPU: images a second, and the share of what the GPU can do."""

from oodflow.bench.gpu.measure import bench_gpu
from oodflow.bench.gpu.options import GpuOptions
from oodflow.bench.gpu.page import gpu_document
from oodflow.bench.gpu.record import GpuRecord

__all__ = ["GpuOptions", "GpuRecord", "bench_gpu", "gpu_document"]
