"""What the tensors of the original's checkpoints are called, and how they become ours."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from oodflow.bijections import ActNorm, Conv1x1, Coupling, Shape
from oodflow.errors import UsageError
from oodflow.flows import Flow, GlowConfig, RealNVPConfig, SingleScaleConfig, TabularConfig
from oodflow.interop.original_tensors import original_tensors
from oodflow.nets import MLP, ConvNet, Highway, ResNet


class Origin(NamedTuple):
    """Where one of our tensors comes from: the original's keys, their shapes, and what makes of them our tensor."""

    keys: tuple[str, ...]
    shapes: tuple[Shape, ...]
    make: Callable[..., Tensor]


OriginalConfig = GlowConfig | RealNVPConfig | SingleScaleConfig | TabularConfig
"""Settings of the flows that the original has."""


def convert(state_dict: Mapping[str, Tensor], flow: Flow, config: OriginalConfig, dead: str = "") -> dict[str, Tensor]:
    """Translate the original's weights to the state-dict of ``flow``, which ``config`` built.

    Args:
        state_dict: the original's weights; keys may carry the prefix ``module.``.
        flow: ours.
        config: its configuration.
        dead: part of the name of tensors that the original's forward pass never reads.

    Raises:
        UsageError: for keys that are missing, unexpected or of another shape, by name, and for what is no weight.
    """
    theirs = {key: tensor for key, tensor in original_tensors(state_dict).items() if not (dead and dead in key)}
    origins = dict(_origins(flow, config))
    expected = dict(pair for origin in origins.values() for pair in zip(origin.keys, origin.shapes, strict=True))
    _refuse("missing", [key for key in expected if key not in theirs])
    _refuse("unexpected", [key for key in theirs if key not in expected])
    _refuse("of another shape", [
        f"{key} ({list(tensor.shape)}, expected {list(expected[key])})"
        for key, tensor in theirs.items() if tuple(tensor.shape) != tuple(expected[key])
    ])  # fmt: skip
    return {name: origin.make(*(theirs[key] for key in origin.keys)) for name, origin in origins.items()}


def _refuse(what: str, keys: list[str]) -> None:
    if keys:
        keys = sorted(keys, key=_naturally)
        more = f" and {len(keys) - 3:,} more" if len(keys) > 3 else ""
        raise UsageError(
            f"the weights do not fit these constructor arguments: {what}: {', '.join(keys[:3])}{more}; give the "
            f"arguments that the checkpoint was trained with."
        )


def _naturally(key: str) -> list[tuple[int, str]]:
    """Sort ``body.2`` before ``body.10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in key.split(".")]


def _origins(flow: Flow, config: OriginalConfig) -> Iterator[tuple[str, Origin]]:
    """Pair the layers that have weights, which come in the same order, and their tensors."""
    layers = [(name, layer) for name, layer in flow.named_modules() if isinstance(layer, _WITH_WEIGHTS)]
    for (name, layer), place in zip(layers, _places(config), strict=True):
        for tensor, value in layer.state_dict().items():
            yield f"{name}.{tensor}", _origin(layer, tensor, tuple(value.shape), place)


def _places(config: OriginalConfig) -> Iterator[str]:
    """Name the original's layers that have weights, in order.

    ``body.0`` and ``body.1`` are its preparations; each squeeze and split takes a number too.
    """
    match config:
        case TabularConfig():
            yield from (f"body.{i}" for i in range(config.couplings))
        case SingleScaleConfig():
            yield from (f"body.{2 + i}.0.module1" for i in range(config.couplings))
        case RealNVPConfig():
            for index in range(2, 2 + 4 * (config.scales - 1), 4):
                yield from (f"body.{index}.{i}.module1" for i in range(3))  # then a squeeze
                yield from (f"body.{index + 2}.{i}.module1" for i in range(3))  # then a split
            last = 2 + 4 * (config.scales - 1)
            yield from (f"body.{last}.{i}.module1" for i in range(3))
            yield f"body.{last + 1}.0.module1"
        case GlowConfig():
            for scale in range(config.scales):
                squeeze = 2 + scale * (config.steps + (2 if config.split else 1))
                for step in range(squeeze + 1, squeeze + 1 + config.steps):
                    yield from (f"body.{step}.{i}.module1" for i in range(3))


_WITH_WEIGHTS = (ActNorm, Conv1x1, Coupling)


def _origin(layer: ActNorm | Conv1x1 | Coupling, tensor: str, shape: Shape, place: str) -> Origin:
    match layer, tensor:
        case ActNorm(), "initialised":
            return Origin((), (), lambda: torch.tensor(True))
        case ActNorm(), _:
            theirs = {"bias": "bias", "log_scale": "logs"}[tensor]
            return Origin((f"{place}.{theirs}",), ((1, *shape, 1, 1),), lambda value: value.flatten())
        case Coupling(), "transformer.rescale":
            keys = (f"{place}.rescale.weight_g", f"{place}.rescale.weight_v")
            whole = (*shape, 1, 1) if layer.mask.transform.dim() == 3 else tuple(layer.mask.transform.shape)
            return Origin(keys, (whole, whole), lambda gain, sign: _changed(layer, _bound(keys, gain, sign)).flatten())
        case Coupling(), _:
            return _of_net(layer, tensor.removeprefix("net."), shape, f"{place}.st_net")
        case _:
            return Origin((f"{place}.{tensor}",), (shape,), lambda value: value)


def _bound(keys: tuple[str, ...], gain: Tensor, direction: Tensor) -> Tensor:
    """Work out the weight norm of single numbers: the direction is a sign."""
    if (direction.square() == 0).any():
        raise UsageError(
            f"{keys[1]} is so near 0 that the original's weight norm is infinite or NaN there: take an earlier "
            f"checkpoint."
        )
    return gain * direction.sign()


def _of_net(layer: Coupling, tensor: str, shape: Shape, place: str) -> Origin:
    module, leaf = _split(tensor)
    names = _modules(layer.net)
    key = f"{place}.{names[module]}.{leaf}"
    first, *_, last = names
    if isinstance(layer.net, MLP) and (module == last or (module == first and leaf == "weight")):
        return _of_vector(layer, key, shape, last=module == last)
    return Origin((key,), (shape,), lambda value: value)


def _of_vector(layer: Coupling, key: str, shape: Shape, *, last: bool) -> Origin:
    """Take our part: the original's net is shown the whole vector, zeros at hidden entries, and speaks of all of it."""
    dims = len(layer.mask.condition)
    if not last:
        return Origin((key,), ((shape[0], dims),), lambda weight: weight[:, layer.mask.condition])
    return Origin(
        (key,),
        ((2 * dims, *shape[1:]),),
        lambda value: torch.cat([_changed(layer, half) for half in value.chunk(2)]),
    )


def _changed(layer: Coupling, value: Tensor) -> Tensor:
    """Leave away what the original has for entries of a vector that do not change."""
    return value[layer.mask.transform] if layer.mask.transform.dim() == 1 else value


def _split(tensor: str) -> tuple[str, str]:
    """Split a tensor's name into its module's and the original's for the rest.

    Both are weight-normed, ours in the newer of PyTorch's two ways.
    """
    for ours, theirs in (("original0", "weight_g"), ("original1", "weight_v")):
        if tensor.endswith(suffix := f".parametrizations.weight.{ours}"):
            return tensor.removesuffix(suffix), theirs
    module, _, leaf = tensor.rpartition(".")
    return module, leaf


def _modules(net: nn.Module) -> dict[str, str]:
    """Map the names of an st-network's modules to the original's."""
    match net:
        case ResNet():
            blocks = range(len(net.blocks))
            parts = {"0": "in_norm", "2": "in_conv.conv", "3": "out_norm", "5": "out_conv.conv"}
            return (
                {name: name for name in ("in_norm", "out_norm")}
                | {name: f"{name}.conv" for name in ("in_conv", "out_conv")}
                | {f"blocks.{i}.{ours}": f"blocks.{i}.{theirs}" for i in blocks for ours, theirs in parts.items()}
                | {"skips.0": "in_skip.conv"} | {f"skips.{i + 1}": f"skips.{i}.conv" for i in blocks}
                | {"middle.layers.1": "bottleneck.0", "middle.layers.2": "bottleneck.1"}
            )  # fmt: skip
        case Highway():
            layers = range(len(net.gates))
            return (
                {name: f"{name}.conv" for name in ("in_conv", "out_conv")}
                | {f"gates.{i}": f"layers.{i}.conv_t.conv" for i in layers}
                | {f"convs.{i}": f"layers.{i}.conv_h.conv" for i in layers}
            )
        case ConvNet():
            return {f"layers.{i}": f"{i}.conv" for i in (0, 2, 4)}
        case MLP():
            # theirs: linear 0, ReLU, dropout or nothing, then a linear at every second place
            *hidden, last = (name for name, module in net.named_modules() if isinstance(module, nn.Linear))
            return {hidden[0]: "0"} | {name: str(3 + 2 * i) for i, name in enumerate([*hidden[1:], last])}
        case _:
            raise UsageError(f"the original has no st-network like a {type(net).__name__}.")
