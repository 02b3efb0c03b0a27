"""notMNIST: letters A to J in many typefaces, in the layout of MNIST."""

from types import MappingProxyType

from oodflow.data.source import Remote
from oodflow.data.sources.idx import FILES, Idx

NOTMNIST = Idx(
    name="notmnist",
    description="letters A to J in many typefaces: a random sample of 10,000, for testing only (Bulatov 2011)",
    licence="none stated",
    parts=MappingProxyType({"test": 10_000}),
    md5=MappingProxyType({"test": "1e78b07d677d6e4de2c8857bafff012e"}),
    folders=("notmnist",),
    downloads=(
        Remote(
            f"https://github.com/davidflanagan/notMNIST-to-MNIST/raw/HEAD/{FILES['test']}.gz",
            "sha256:70ae9e06201f2827e5b0a3781a3169d735dd2efc69996b9eeaee7f10ed4044d7",
            f"notmnist/{FILES['test']}.gz",
        ),
    ),
)
