"""Small tables that come with scikit-learn."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.data.real_set import Reals
from oodflow.data.sources.labelled import LabelledTable


class SklearnTable(LabelledTable):
    """A classification table of scikit-learn.

    Args:
        name: what users type; scikit-learn's function has the same.
        description: one line.
        classes: by their numbers.
        rows: how many there are.
    """

    licence = "CC BY 4.0"
    built_in = True

    def __init__(self, name: str, description: str, classes: Mapping[str, str], rows: int) -> None:
        self.name, self.description, self.classes = name, description, classes
        self.parts = MappingProxyType({"all": rows})

    def files(self, part: str, root: Path) -> list[Path]:
        """Nothing is read from the data root."""
        return []

    def names(self, root: Path) -> tuple[str, ...]:
        """Scikit-learn's."""
        return tuple(map(str, self._bunch().feature_names))

    def rows(self, part: str, root: Path) -> Iterator[tuple[Reals, npt.NDArray[Any]]]:
        """All at once."""
        bunch = self._bunch()
        yield bunch.data, np.array([self.classes[str(number)] for number in bunch.target])

    def _bunch(self) -> Any:
        from sklearn import datasets

        load: Callable[[], Any] = getattr(datasets, f"load_{self.name}")
        return load()


BREAST_CANCER = SklearnTable(
    "breast_cancer",
    "shapes of cell nuclei that comes with scikit-learn (Wolberg, Street, Mangasarian 1995)",
    MappingProxyType({"0": "malignant", "1": "benign"}),
    569,
)
WINE = SklearnTable(
    "wine",
    "chemical analyses of wines of three growers that comes with scikit-learn (Aeberhard, Forina 1991)",
    MappingProxyType({"0": "first", "1": "second", "2": "third"}),
    178,
)
DIGITS = SklearnTable(
    "digits",
    "handwritten digits as rows of their 64 grey levels, which as images are a data set of that name",
    MappingProxyType({str(digit): str(digit) for digit in range(10)}),
    1_797,
)
