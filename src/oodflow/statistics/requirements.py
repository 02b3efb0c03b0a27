"""What data a flow can be asked about."""

from oodflow.data import DataSet
from oodflow.errors import UsageError
from oodflow.flows import Flow


def require_images(flow: Flow) -> None:
    """Refuse a flow over vectors with a ``UsageError``, where data sets by name are asked for: they hold images."""
    if len(flow.shape) == 1:
        raise UsageError(
            f"this flow takes vectors of {flow.shape[0]} numbers and data sets hold images: ask it with "
            f"flow.log_prob(vectors) in Python."
        )


def require_shape(flow: Flow, data: DataSet) -> None:
    """Refuse data of another shape than the flow's with a ``UsageError`` that names the way to convert images."""
    if len(data.shape) == 3:
        require_images(flow)
    if data.shape == flow.shape:
        return
    came, expected = ("x".join(map(str, shape)) for shape in (data.shape, flow.shape))
    if len(data.shape) != 3:
        raise UsageError(f"the data set {data.name} holds vectors of {came} numbers but the flow takes {expected}.")
    name = data.name.partition("?")[0]
    raise UsageError(
        f"the data set {data.name} holds images of shape {came} but the flow takes {expected}: write "
        f"{name}?shape={expected} to crop, resize and convert them."
    )
