"""What data a flow can be asked about."""

from collections.abc import Sequence

from oodflow.data import DataSet, ImageSet
from oodflow.data.spec import with_shape
from oodflow.errors import UsageError
from oodflow.flows import Flow


def require_images(flow: Flow) -> None:
    """Refuse a flow over anything but 8-bit images with a ``UsageError``."""
    if not flow.domain.is_images:
        raise UsageError(f"this flow is over {flow.domain.holds} {flow.shape}, and what is asked for takes images.")


def require_shape(flow: Flow, data: DataSet) -> None:
    """Refuse data of another kind or shape than the flow's with a ``UsageError`` that names the way to convert it."""
    images = isinstance(data, ImageSet)
    came, expected = ("x".join(map(str, shape)) for shape in (data.shape, flow.shape))
    if images != flow.domain.is_images:
        holds = f"images of shape {came}" if images else f"rows of {came} numbers"
        raise UsageError(
            f"the data set {data.name} holds {holds} but this flow is over {flow.domain.holds} of shape {expected}: "
            f"{_remedy(flow, images)}."
        )
    if data.shape == flow.shape:
        return
    if not images:
        named = f" ({', '.join(data.columns)})" if data.columns else ""
        raise UsageError(
            f"the data set {data.name} has {came} columns{named} but the flow takes {expected}: choose them with "
            "?columns=."
        )
    raise UsageError(
        f"the data set {data.name} holds images of shape {came} but the flow takes {expected}: write "
        f"{with_shape(data.name, expected)} to crop, resize and convert them."
    )


def _remedy(flow: Flow, images: bool) -> str:
    if images and len(flow.shape) > 1:
        return "train and ask it in Python, with oodflow.fit and flow.log_prob"
    return f"name {'a table' if images else 'images'} instead"


def require_columns(trained: Sequence[str], data: DataSet) -> None:
    """Refuse a table with other columns than those that a flow was trained on, or in another order.

    Nothing is known of columns that have no names, and nothing is refused then.

    Example:
        >>> import numpy as np
        >>> from oodflow.data import RealSet
        >>> require_columns(("age", "size"), RealSet("x", "test", np.zeros((1, 2)), columns=("size", "age")))
        Traceback (most recent call last):
            ...
        oodflow.errors.UsageError: the data set x has the columns in another order than at training, size, age and not \
age, size: write ?columns=age,size.
    """
    if not trained or not data.columns or tuple(trained) == data.columns:
        return
    remedy = f"write ?columns={','.join(name.replace(',', '%2C').replace('&', '%26') for name in trained)}"
    missing = [name for name in trained if name not in data.columns]
    unexpected = [name for name in data.columns if name not in trained]
    if missing or unexpected:
        told = [f"{', '.join(map(repr, names))} {word}" for names, word in (
            (missing, "is missing" if len(missing) == 1 else "are missing"),
            (unexpected, "is unexpected" if len(unexpected) == 1 else "are unexpected"),
        ) if names]  # fmt: skip
        remedy = "add what is missing" if missing else remedy
        raise UsageError(
            f"the data set {data.name} has other columns than at training, {' and '.join(told)}: {remedy}."
        )
    raise UsageError(
        f"the data set {data.name} has the columns in another order than at training, {', '.join(data.columns)} and "
        f"not {', '.join(trained)}: {remedy}."
    )
