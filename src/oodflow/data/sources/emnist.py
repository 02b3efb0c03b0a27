"""EMNIST: handwritten letters and digits of NIST's Special Database 19, in the layout of MNIST but for the axes.

A data set of its own is each of the ways in which its authors dealt and balanced it.
Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, *EMNIST: an extension of MNIST to handwritten letters*, 2017.
"""

from types import MappingProxyType

from oodflow.data.sources.idx import Idx

COUNTS = {
    "byclass": (697_932, 116_323),
    "bymerge": (697_932, 116_323),
    "balanced": (112_800, 18_800),
    "letters": (124_800, 20_800),
    "digits": (240_000, 40_000),
    "mnist": (60_000, 10_000),
}
_WHAT = {
    "byclass": "digits and letters, 62 classes",
    "bymerge": "digits and letters, 47 classes",
    "balanced": "digits and letters, 47 classes with as many of each",
    "letters": "letters, upper and lower case as one",
    "digits": "digits",
    "mnist": "digits, as many as in MNIST",
}


def _dealt(way: str) -> Idx:
    train, test = COUNTS[way]
    return Idx(
        name=f"emnist_{way}",
        description=f"handwritten {_WHAT[way]} (Cohen et al. 2017, arXiv:1702.05373)",
        licence="none stated",
        parts=MappingProxyType({"train": train, "test": test}),
        md5=MappingProxyType({}),
        folders=("emnist", "emnist/gzip", "EMNIST/raw", f"emnist_{way}"),  # the archive's own, and torchvision's
        names=MappingProxyType({part: f"emnist-{way}-{part}-images-idx3-ubyte" for part in ("train", "test")}),
        lying=True,
        downloads=(),
        by_hand=(
            "get gzip.zip from https://www.nist.gov/itl/products-and-services/emnist-dataset and unpack it in its "
            "folder emnist"
        ),
    )


EMNIST = {f"emnist_{way}": _dealt(way) for way in COUNTS}
