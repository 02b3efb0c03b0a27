"""A flow's likelihood as an ONNX model, for programs without PyTorch."""

import importlib.util
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from oodflow.bijections import Bijection, Conv1x1
from oodflow.errors import OodflowError
from oodflow.flows import Flow
from oodflow.nets import folded

INPUTS, OUTPUT = ("x", "noise"), "score"
TOLERANCE = 1e-4
_NEEDED = ("onnx", "onnxscript", "onnxruntime")


class Scorer(nn.Module):
    r"""The negative log-likelihood :math:`-\log p(x, u)` in nats, higher = more out of distribution.

    The noise of evaluation is a function of the image's bytes that ONNX can't compute, so it is an input: it may be
    that noise, :func:`oodflow.flows.image_noise`, or any that is uniform in [0, 1), drawn anew for each image.

    Args:
        flow: it is copied, and folded for inference.
    """

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = _without_determinants(folded(flow).cpu())

    def forward(self, x: Tensor, noise: Tensor | None = None) -> Tensor:
        """Score ``x [B, ...]``, with noise of its shape for images: ``[B]``."""
        return -self.flow.log_prob(x, noise=noise)


class KnownDeterminant(Bijection):
    """A 1x1 convolution that is no longer trained, so that the determinant of its matrix, which ONNX lacks, is known.

    Args:
        layer: the convolution.
    """

    def __init__(self, layer: Conv1x1) -> None:
        super().__init__()
        self.layer = layer
        self.log_det = float(torch.linalg.slogdet(layer.weight.detach().double()).logabsdet)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mix the channels."""
        return self.layer.mix(x), x.new_full((x.shape[0],), prod(x.shape[2:]) * self.log_det)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mix them back, as the layer does."""
        x, log_det = self.layer.inverse(z)
        return x, log_det


def onnx_model(flow: Flow) -> bytes:
    """Write a flow's :class:`Scorer` as an ONNX model, whose number of images or rows is free, and check it.

    Inputs are ``x``, uint8 images ``[B, C, H, W]`` with ``noise``, float32 of that shape, or float64 vectors
    ``[B, D]``, which hold whatever tables do: of 1,700,000,000 seconds float32 forgets the last minute. The output is
    ``score``, float32 ``[B]``.

    Raises:
        OodflowError: ONNX has no such operations as the flow takes, the model gives other numbers than the flow, or the
            libraries for it are not installed.
    """
    if missing := [name for name in _NEEDED if importlib.util.find_spec(name) is None]:
        raise OodflowError(f"to write ONNX takes {', '.join(missing)}: pip install 'oodflow[onnx]'.")
    scorer = Scorer(flow)
    inputs = inputs_of(flow, 3)
    batch = torch.export.Dim("batch")
    try:
        with _quiet():
            program = torch.export.export(scorer, inputs, dynamic_shapes=tuple({0: batch} for _ in inputs))
            written = torch.onnx.export(
                program, inputs, dynamo=True, input_names=INPUTS[: len(inputs)], output_names=[OUTPUT], verbose=False
            )
    except Exception as error:  # of many kinds, from several libraries
        raise OodflowError(f"this flow can't be written as ONNX: {_reason(error)}.") from error
    assert written is not None
    model: bytes = written.model_proto.SerializeToString()
    _check(model, scorer, flow)
    return model


def _without_determinants(flow: Flow) -> Flow:
    for part in [*flow.modules()]:
        for name, child in part.named_children():
            if isinstance(child, Conv1x1):
                setattr(part, name, KnownDeterminant(child))
    return flow


def inputs_of(flow: Flow, count: int) -> tuple[Tensor, ...]:
    """Draw some data as a :class:`Scorer` takes them: images with their noise, or vectors."""
    rng = np.random.default_rng(count)
    shape = (count, *flow.shape)
    if flow.domain.is_images:
        images = rng.integers(0, 256, shape, dtype=np.uint8)
        return torch.from_numpy(images), torch.from_numpy(rng.random(shape, dtype=np.float32))
    return (flow.sample(count, seed=count).detach().double().cpu(),)


def _check(model: bytes, scorer: Scorer, flow: Flow) -> None:
    """Hold the model against the flow, for other numbers of data than it was written with."""
    for count in (1, 5):
        inputs = inputs_of(flow, count)
        found = run_onnx(model, *(one.numpy() for one in inputs))
        with torch.no_grad():
            expected = scorer(*inputs).numpy()
        apart = np.abs(found - expected) / np.maximum(1, np.abs(expected))
        if found.shape != expected.shape or not apart.max() <= TOLERANCE:
            raise OodflowError(
                f"this flow can't be written as ONNX: the model gives {found.tolist()} where the flow gives "
                f"{expected.tolist()}."
            )


def run_onnx(model: bytes, *inputs: NDArray[Any]) -> NDArray[np.float32]:
    """Compute the scores ``[B]`` of a model with onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (scores,) = session.run([OUTPUT], dict(zip(INPUTS, inputs, strict=False)))
    return np.asarray(scores)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks about its own insides, and about libraries that are not there, to itself."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _reason(error: Exception) -> str:
    """Take what matters out of an exporter's error: the operation that it does not know, or its first line."""
    text = str(error)
    if operation := re.search(r"No ONNX function found for .*?op='(.*?)'", text):
        return f"ONNX has no operation {operation[1]}"
    why = re.search(r"<class '.*?'>: (.+)", text)  # the first cause, where the exporter lists them
    return (why[1] if why else text.strip().partition("\n")[0]).rstrip(".:") or type(error).__name__
