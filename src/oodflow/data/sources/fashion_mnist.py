"""FashionMNIST: articles of clothing, in the layout of MNIST."""

from types import MappingProxyType

from oodflow.data.source import Remote
from oodflow.data.sources.idx import FILES, Idx

_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"

FASHION_MNIST = Idx(
    name="fashion_mnist",
    description="articles of clothing (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747)",
    licence="MIT",
    parts=MappingProxyType({"train": 60_000, "test": 10_000}),
    md5=MappingProxyType({"train": "f4a8712d7a061bf5bd6d2ca38dc4d50a", "test": "8181f5470baa50b63fa0f6fddb340f0a"}),
    folders=("fashion_mnist", "FashionMNIST/raw"),  # the second is torchvision's
    downloads=(
        Remote(
            f"{_URL}/{FILES['train']}.gz",
            "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            f"fashion_mnist/{FILES['train']}.gz",
        ),
        Remote(
            f"{_URL}/{FILES['test']}.gz",
            "md5:bef4ecab320f06d8554ea6380940ec79",
            f"fashion_mnist/{FILES['test']}.gz",
        ),
    ),
)
