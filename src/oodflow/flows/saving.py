"""Flows in files: weights, and what it takes to build the flow again, which is never code."""

import json
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from oodflow.config import first_flaw
from oodflow.errors import NOT_AS_WRITTEN, Damaged, OodflowError, UsageError
from oodflow.flows.config import FlowConfig
from oodflow.flows.flow import Flow
from oodflow.flows.presets import AnyFlowConfig
from oodflow.flows.tensors import load_tensors, misfits, save_tensors
from oodflow.records import Record

MOST = 1 << 24  # numbers of one datum
Builder = Callable[[], Flow]
"""Puts a flow together, always the same but for its weights."""


class FlowFile(Record):
    """What a file of weights says about the flow they belong to.

    Attributes:
        config: the configuration that builds the flow; none where a function of the user's does.
        builder: where that function is, as ``module:name``; it is never imported from here.
        domain: the kind of the flow's domain.
        shape: of one datum.
    """

    version = 1
    migrations = MappingProxyType({0: lambda old: old | {"domain": "images" if len(old["shape"]) == 3 else "reals"}})

    config: dict[str, Any] | None = None
    builder: str | None = None
    domain: str
    shape: tuple[int, ...]


def save_flow(
    path: Path, flow: Flow, *, builder: Builder | str | None = None, notes: Mapping[str, str] | None = None
) -> None:
    """Write a flow to one safetensors file, with what it takes to build it again.

    Args:
        path: the file.
        flow: one that a configuration built, or one that was put together by hand.
        builder: of the latter: the function that puts it together, called with nothing, or where it is, such as
            ``"mypackage.flows:make"``. Its place is written down, not its code.
        notes: what else to write into the file's metadata.

    Raises:
        UsageError: when neither a configuration nor a builder is known, or the builder has no name to import it by.
    """
    if builder is None and flow.config is None:
        raise UsageError(
            "this flow was put together by hand, so a file can't say how to build it again: pass builder=, a function "
            "that returns such a flow, or where it is, as 'module:name'."
        )
    file = FlowFile(
        config=flow.config.model_dump(mode="json") if flow.config is not None and builder is None else None,
        builder=None if builder is None else _place(builder),
        domain=flow.domain.kind,
        shape=flow.shape,
    )
    save_tensors(path, flow.state_dict(), {**(notes or {}), "flow": json.dumps(file.as_dict())})


def load_flow(path: Path, *, builder: Builder | None = None) -> Flow:
    """Read a flow that :func:`save_flow` wrote, on the CPU and in eval mode. Nothing in the file is executed.

    Args:
        path: the file.
        builder: for a flow that was put together by hand: the function that does so; its result must have the shape
            and the weights that the file has.

    Raises:
        UsageError: when a builder is needed and not passed, or the other way round, and when it builds another flow.
        OodflowError: when the file is missing, damaged or holds something else.
    """
    tensors, metadata = load_tensors(path)
    if "flow" not in metadata:
        raise OodflowError(f"{path} does not hold a flow of this version of oodflow: its metadata lacks 'flow'.")
    try:
        file = FlowFile.parse(json.loads(metadata["flow"]), str(path))
    except NOT_AS_WRITTEN as error:
        raise Damaged(f"{path} is damaged: its metadata is no JSON ({error}).") from error
    if math.prod(file.shape) > MOST:
        raise OodflowError(f"{path} does not hold a flow that is known here: its data has the shape {file.shape}.")
    with torch.random.fork_rng(devices=[]):  # the initial weights are thrown away
        flow = _from_config(path, file, tensors) if builder is None else _from_builder(path, file, builder)
    if wrong := misfits(flow.state_dict(), tensors):
        raise OodflowError(f"{path} does not fit the flow that is built for it: {wrong}.")
    flow.load_state_dict(tensors)
    return flow.eval()


def _from_config(path: Path, file: FlowFile, tensors: Mapping[str, Tensor]) -> Flow:
    if file.config is None:
        name = (file.builder or "").partition(":")[2]
        raise UsageError(
            f"{path} holds a flow that was put together by hand, by {file.builder}: nothing is run from a file, so "
            f"import that function where you trust it and pass builder={name}."
        )
    try:
        config: FlowConfig = TypeAdapter(AnyFlowConfig).validate_python(file.config)
        with _no_more_than(tensors, path):
            return config.build(file.shape)
    except ValidationError as error:
        flaw = first_flaw(error)
        why = f"{flaw.why} at {flaw.where}" if flaw.where else flaw.why
        raise OodflowError(f"{path} does not hold a flow that is known here: {why}.") from error
    except UsageError as error:
        raise OodflowError(f"{path} does not hold a flow of this version of oodflow: {error}") from error
    except (RuntimeError, MemoryError) as error:  # a size that there is no memory for is refused before it is counted
        raise OodflowError(f"{path} does not hold a flow that can be built here: {error}") from error


@contextmanager
def _no_more_than(tensors: Mapping[str, Tensor], path: Path) -> Iterator[None]:
    """Break the building of a flow off that becomes far larger than what a file has for it: it may ask for any size.

    Some more room is needed on the way, where a module replaces the weights of another by its own.

    Raises:
        OodflowError: it does.
    """
    left = 4 * sum(tensor.numel() for tensor in tensors.values()) + (1 << 20)
    thread = threading.get_ident()

    def count(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
        nonlocal left
        if threading.get_ident() != thread:
            return  # the hook is of the whole process, in which others may build flows of their own
        left -= parameter.numel()  # as modules register it, before they fill it
        if left < 0:
            raise OodflowError(f"{path} does not fit the flow that is built for it: there are too few weights in it.")

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()


def _from_builder(path: Path, file: FlowFile, builder: Builder) -> Flow:
    if file.config is not None:
        raise UsageError(f"{path} says itself how to build its flow, a {file.config.get('kind')}: leave builder away.")
    flow = builder()
    if not isinstance(flow, Flow):
        raise UsageError(f"builder returned a {type(flow).__name__}: expected a Flow.")
    if (flow.domain.kind, flow.shape) != (file.domain, file.shape):
        raise UsageError(
            f"builder made a flow over {flow.domain.kind} {flow.shape} but {path} is of one over {file.domain} "
            f"{file.shape}: pass {file.builder}, as it was then."
        )
    return flow


def _place(builder: Builder | str) -> str:
    """Name a function by where it is imported from."""
    if not isinstance(builder, str):
        builder = f"{getattr(builder, '__module__', '')}:{getattr(builder, '__qualname__', '')}"
    module, _, name = builder.partition(":")
    if not all(part.isidentifier() for part in [*module.split("."), *name.split(".")]):
        raise UsageError(
            f"builder {builder!r} is nothing to import: name a function of a module, such as 'mypackage.flows:make'."
        )
    return builder
