"""A data set of what a caller has at hand."""

from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.data.data_set import DataSet
from oodflow.data.image_set import ImageSet
from oodflow.data.real_set import RealSet
from oodflow.errors import UsageError


def data_set_of(data: DataSet | npt.NDArray[Any]) -> DataSet:
    """Take an array as a data set: uint8 ``[N,C,H,W]`` as images, floats ``[N, ...]`` as rows; a data set as it is.

    Raises:
        UsageError: for anything else.

    Example:
        >>> data_set_of(np.zeros((4, 1, 2, 2), np.uint8)).unit, data_set_of(np.zeros((4, 3))).unit
        ('images', 'rows')
    """
    if isinstance(data, np.ndarray):
        if data.dtype == np.uint8:
            return ImageSet.from_array(data)
        if data.dtype.kind == "f":
            return RealSet.from_array(data)
    elif all(hasattr(data, name) for name in ("name", "shape", "fingerprint", "batch")):
        return data
    came = f"an array of {data.dtype}" if isinstance(data, np.ndarray) else f"a {type(data).__name__}"
    raise UsageError(
        f"data is {came}: expected a data set, as oodflow.data.load('mnist', 'test') is one, or a NumPy array, of "
        "uint8 [N,C,H,W] for images or of floats [N, ...] for rows."
    )
