"""What a statistic is: a number, or an array of numbers, for each image of a data set under a model, or each group."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from oodflow.bijections import Shape
from oodflow.config import Component
from oodflow.data import DataSet, ImageSet
from oodflow.flows import Flow
from oodflow.statistics.groups import too_few
from oodflow.statistics.model import Density

if TYPE_CHECKING:
    from oodflow.statistics.batch import Batch

Array = NDArray[Any]
Needs = Literal["data", "density", "flow"]


class Statistic(Component):
    """Settings of what is computed for each image, or vector, of a data set, and how.

    It is a function of the image, the model and the noise of (seed, draw, the image), of nothing else: neither of
    other images nor of how they are cut into batches. One that has a ``group_size`` is the same of the images of each
    group, which :func:`~oodflow.statistics.deal` makes. ``oodflow.testing.check_statistic`` says if it is sound.

    Attributes:
        kind: its name in ``STATISTICS``.
        needs: ``flow``, any ``density`` (an object with ``log_prob(x)``), or the ``data`` alone.
        images_only: whether it is for 8-bit images alone.
        stored: whether it is worth a place in a store: not where computing it again costs no more than reading it.
        quantity: what one of its numbers is, for messages.
    """

    needs: ClassVar[Needs] = "flow"
    images_only: ClassVar[bool] = False
    stored: ClassVar[bool] = True
    quantity: ClassVar[str]

    @abstractmethod
    def compute(self, batch: "Batch") -> Array:
        """Compute it for the n images of a batch, ``[n, *shape]``, or its groups, ``[n // group_size, *shape]``."""

    @property
    def group_size(self) -> int:
        """How many images it is of, together."""
        return 1

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """Tell its shape for one image, or group: ``()`` is a number."""
        del model, data
        return ()

    def add(self, total: Array, drawn: Array) -> Array:
        """Add another draw of the noise, ``[N, *shape]``, to the total of those before; the first is its own total."""
        return np.asarray(total + drawn)

    def average(self, total: Array, draws: int) -> Array:
        """Make of the total of K draws what they come to together: here their mean."""
        return np.asarray(total / draws)

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Say why it can't be computed of such data under such a model; none: it can."""
        if self.images_only and not isinstance(data, ImageSet):
            return f"it is for 8-bit images, which {data.name} does not hold"
        if self.needs == "flow" and not isinstance(model, Flow):
            return f"it takes a flow, and {_kind(model)} is none"
        if self.needs == "density" and not callable(getattr(model, "log_prob", None)):
            return f"it takes something with log_prob(x), which {_kind(model)} does not have"
        return too_few(data, self.group_size)

    def random(self, model: Density | None, data: DataSet) -> bool:
        """Tell whether it depends on the draw: where a flow dequantises 8-bit images."""
        return self.needs != "data" and isinstance(model, Flow) and isinstance(data, ImageSet)


def _kind(model: Density | None) -> str:
    # What makes a density of another library's object has it in `of`: the user knows that.
    return "nothing" if model is None else f"a {type(getattr(model, 'of', model)).__name__}"
