"""Tables whose rows are of known classes: one class is trained on, another is asked about."""

import copy
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from oodflow.data.real_set import Reals
from oodflow.data.selection import Selection
from oodflow.data.source import TableSource
from oodflow.errors import OodflowError, UnknownName, UsageError

OPTIONS = {"columns", "without", "class"}


class LabelledTable(TableSource):
    """A table of which ``?class=``, ``?columns=`` and ``?without=`` keep a part.

    Attributes:
        classes: names of the classes, by what else they may be called.
    """

    classes: Mapping[str, str]
    wanted: Selection = Selection()

    @abstractmethod
    def names(self, root: Path) -> tuple[str, ...]:
        """Names of all columns that are features."""

    @abstractmethod
    def rows(self, part: str, root: Path) -> Iterator[tuple[Reals, npt.NDArray[Any]]]:
        """Read features ``[n,D]`` of all classes, and the names of their classes ``[n]``, some rows at a time."""

    def selecting(self, selection: Selection) -> Self:
        """Make the source of some columns and classes."""
        if others := [name for name in selection.used if name not in OPTIONS]:
            raise UsageError(f"{self.name} has no option {', '.join(others)}: it has {', '.join(sorted(OPTIONS))}.")
        selection = self.named(selection)
        for name in selection.classes:
            if name not in self.classes.values():
                raise UnknownName(f"class of {self.name}", name, [*self.classes.values(), *self.classes])
        chosen = copy.copy(self)
        chosen.wanted = selection
        chosen.selection = repr(selection) if selection.used else ""
        if selection.classes:
            chosen.parts = dict.fromkeys(self.parts)  # how many are of a class is not written down
        return chosen

    def named(self, selection: Selection) -> Selection:
        """Call classes by their names, not their numbers."""
        return replace(selection, classes=tuple(sorted({self.classes.get(one, one) for one in selection.classes})))

    def width(self, root: Path) -> int:
        """How many features are kept."""
        return len(self._features(self.names(root)))

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the classes that are kept."""
        return self.wanted.classes or tuple(self.classes.values())

    def columns(self, part: str, root: Path) -> tuple[str, ...]:
        """Names of those that are kept."""
        names = self.names(root)
        return tuple(names[column] for column in self._features(names))

    def chunks(self, part: str, root: Path) -> Iterator[Reals]:
        """Read the rows of the wanted classes."""
        features = self._features(self.names(root))
        for values, classes in self.rows(part, root):
            kept = values[np.isin(classes, self.kept)][:, features]
            if bad := int((~np.isfinite(kept)).sum()):
                raise OodflowError(f"{self.name} ({part}): {bad:,} numbers are NaN or infinite: get the file again.")
            if len(kept):
                yield kept

    def _features(self, names: tuple[str, ...]) -> list[int]:
        for name in (*self.wanted.columns, *self.wanted.without):
            if name not in names:
                raise UnknownName(f"column of {self.name}", name, names)
        kept = self.wanted.columns or names
        features = [names.index(name) for name in kept if name not in self.wanted.without]
        if not features:
            raise UsageError(f"{self.name}: no column is left that is a feature: name others.")
        return features
