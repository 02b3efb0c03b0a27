"""What data a flow can be asked about."""

from oodflow.data import DataSet, ImageSet
from oodflow.data.spec import with_shape
from oodflow.errors import UsageError
from oodflow.flows import Flow


def require_images(flow: Flow) -> None:
    """Refuse a flow over anything but 8-bit images with a ``UsageError``: data sets by name hold those."""
    if not flow.domain.is_images:
        raise UsageError(
            f"this flow is over {flow.domain.holds} {flow.shape} and data sets hold 8-bit images: train and ask "
            f"it in Python, with oodflow.fit and flow.log_prob."
        )


def require_shape(flow: Flow, data: DataSet) -> None:
    """Refuse data of another shape than the flow's with a ``UsageError`` that names the way to convert images."""
    images = isinstance(data, ImageSet)
    if images:
        require_images(flow)
    if data.shape == flow.shape and images == flow.domain.is_images:
        return
    came, expected = ("x".join(map(str, shape)) for shape in (data.shape, flow.shape))
    if not images:
        raise UsageError(
            f"the data set {data.name} holds reals {data.shape} but the flow is over {flow.domain.holds} {flow.shape}."
        )
    raise UsageError(
        f"the data set {data.name} holds images of shape {came} but the flow takes {expected}: write "
        f"{with_shape(data.name, expected)} to crop, resize and convert them."
    )
