"""MNIST: handwritten digits."""

from types import MappingProxyType

from oodflow.data.source import Remote
from oodflow.data.sources.idx import FILES, Idx

_URL = "https://ossci-datasets.s3.amazonaws.com/mnist"

MNIST = Idx(
    name="mnist",
    description="handwritten digits (LeCun, Cortes, Burges 1998)",
    licence="CC BY-SA 3.0",
    parts=MappingProxyType({"train": 60_000, "test": 10_000}),
    md5=MappingProxyType({"train": "6bbc9ace898e44ae57da46a324031adb", "test": "2646ac647ad5339dbf082846283269ea"}),
    folders=("mnist", "MNIST/raw"),  # the second is torchvision's
    downloads=(
        Remote(f"{_URL}/{FILES['train']}.gz", "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873", f"mnist/{FILES['train']}.gz"),
        Remote(f"{_URL}/{FILES['test']}.gz", "md5:9fb629c4189551a2d022fa330f9573f3", f"mnist/{FILES['test']}.gz"),
    ),
)
