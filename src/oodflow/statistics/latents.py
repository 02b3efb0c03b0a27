"""The latents themselves."""

from typing import ClassVar, Literal

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.flows import Flow
from oodflow.statistics.batch import Batch
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic


class Latents(Statistic):
    r"""The latents z = f(x), ``[N, D]`` in the flow's own dtype; of several draws their mean.

    Those that leave after the first scale come first. :func:`oodflow.analysis.latents` puts them back to where they
    were in the image, and computes in float64.
    """

    kind: Literal["latents"] = "latents"
    quantity: ClassVar[str] = "latent"

    def compute(self, batch: Batch) -> Array:
        """Compute them, [n, D]."""
        return batch.terms.z.cpu().numpy()

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(D,)``."""
        return (model.dims,) if isinstance(model, Flow) else ()
