"""KMNIST: Kuzushiji-MNIST, handwritten Japanese characters in a cursive script, in the layout of MNIST."""

from types import MappingProxyType

from oodflow.data.source import Remote
from oodflow.data.sources.idx import FILES, Idx

_URL = "http://codh.rois.ac.jp/kmnist/dataset/kmnist"

KMNIST = Idx(
    name="kmnist",
    description="handwritten Japanese characters in a cursive script (Clanuwat et al. 2018, arXiv:1812.01718)",
    licence="CC BY-SA 4.0",
    parts=MappingProxyType({"train": 60_000, "test": 10_000}),
    md5=MappingProxyType({}),
    folders=("kmnist", "KMNIST/raw"),  # the second is torchvision's
    downloads=(
        Remote(f"{_URL}/{FILES['train']}.gz", "md5:bdb82020997e1d708af4cf47b453dcf7", f"kmnist/{FILES['train']}.gz"),
        Remote(f"{_URL}/{FILES['test']}.gz", "md5:5c965bf0a639b31b8f53240b1b52f4d7", f"kmnist/{FILES['test']}.gz"),
    ),
)
