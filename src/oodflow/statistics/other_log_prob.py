"""The log-probability under another flow than the one that is asked about."""

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from oodflow.data import DataSet, ImageSet
from oodflow.errors import NotThere
from oodflow.files import digest, path_of
from oodflow.flows import Flow, load_flow
from oodflow.gradients import inference
from oodflow.nets import folded
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.log_prob import LogProb
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Needs


class OtherLogProb(LogProb):
    """Log-probability under a flow from a file, in nats; of the very same dequantised image where it is uniform.

    Attributes:
        flow: a run's folder, or a file of weights.
        weights: digest of the weights, by which it is known whether what was computed before is of these; found out.

    Raises:
        NotThere: the file is missing.
        OodflowError: it is damaged.
    """

    kind: Literal["other_log_prob"] = "other_log_prob"  # type: ignore[assignment]
    needs: ClassVar[Needs] = "data"
    flow: str
    weights: str = Field(default_factory=lambda settings: _digest(settings["flow"]))

    def compute(self, batch: Batch) -> Any:
        """Compute log p(x, u), [n] in nats."""
        flow = _loaded(self.flow, self.weights).to(batch.x.device)
        with inference():
            return numbers(flow.log_prob(batch.x, noise=batch.noise))

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse data of another shape."""
        flow = _loaded(self.flow, self.weights)
        if flow.shape == data.shape and flow.domain.is_images == isinstance(data, ImageSet):
            return super().why_not(model, data)
        return f"the flow in {self.flow} is over {flow.domain.holds} {flow.shape}, and {data.name} has {data.shape}"

    def random(self, model: Density | None, data: DataSet) -> bool:
        """Where it dequantises 8-bit images."""
        return isinstance(data, ImageSet)


def flow_from(flow: str) -> Flow:
    """Load a flow from a run's folder, or a file of weights; once for each that is asked for."""
    return _loaded(flow, _digest(flow))


def _file(flow: str) -> Path:
    path = path_of(flow, "flow")
    return path / "weights.safetensors" if path.is_dir() else path


def _digest(flow: str) -> str:
    if not _file(flow).exists():
        raise NotThere(f"there is no flow in {flow}: name the folder of a run that has weights, or their file.")
    return digest(_file(flow))


@lru_cache(maxsize=8)
def _loaded(flow: str, weights: str) -> Flow:
    del weights  # other weights are another entry of the cache
    return folded(load_flow(_file(flow)))
