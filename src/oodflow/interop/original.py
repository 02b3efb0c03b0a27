"""The original's flows: our configuration for its constructor arguments, our weights for its checkpoints."""

import operator
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.errors import UnknownName, UsageError
from oodflow.flows import Flow, GlowConfig, RealNVPConfig, RealsConfig, SingleScaleConfig, TabularConfig
from oodflow.interop.original_weights import OriginalConfig, convert
from oodflow.nets import AnyNetConfig, BottleneckConfig, ConvNetConfig, HighwayConfig, MLPConfig, ResNetConfig

# The constructor arguments; those that a class takes and ignores stand here too. What is left away is as the original's
# command line has it by default, for Glow's st_type and for vectors as its class has it. None: anything.
_REALNVP: dict[str, Any] = {
    "num_scales": 2, "in_channels": None, "mid_channels": 64, "num_blocks": 8, "img_shape": None, "init_zeros": False,
    "use_batch_norm": True, "st_type": "resnet", "skip": True, "latent_dim": 100,
}  # fmt: skip
_GLOW: dict[str, Any] = {
    "image_shape": None, "mid_channels": 64, "num_scales": 2, "num_coupling_layers_per_scale": 8, "num_layers": 3,
    "actnorm_scale": None, "multi_scale": True, "st_type": "glow_convnet",
}  # fmt: skip
_TABULAR: dict[str, Any] = {
    "in_dim": None, "hidden_dim": 256, "num_layers": 2, "num_coupling_layers": 6, "init_zeros": False, "dropout": False,
}  # fmt: skip
# What Glow has no arguments for.
_PLAIN_NET: dict[str, Any] = {"init_zeros": False, "use_batch_norm": True, "skip": True, "latent_dim": 100}

# The flows of one scale: which mask, how many couplings. They have skips whatever they are told.
_SINGLE_SCALE: dict[str, dict[str, Any]] = {
    "RealNVP8Layers": {"mask": "checkerboard", "couplings": 8},
    "RealNVPCycleMask": {"mask": "cycle", "couplings": 8},
    "RealNVPMaskHorizontal": {"mask": "horizontal", "couplings": 8},
    "RealNVPMaskHorizontal3Layers": {"mask": "horizontal", "couplings": 3},
    "RealNVPSmall": {"mask": "checkerboard", "couplings": 2},
}

ORIGINAL_FLOWS = ("RealNVP", *_SINGLE_SCALE, "Glow", "RealNVPTabular")
"""The original's classes."""


def load_original(state_dict: Mapping[str, Tensor], cls: str, kwargs: Mapping[str, Any]) -> Flow:
    """Build our flow from the original's constructor arguments and weights.

    It is the same function: z and log-determinants agree with the original's to rounding. Its log-probability is the
    exact one, ``D log(256/255)`` nats higher than the original's for images, and ``D log 256`` for vectors.

    Args:
        state_dict: the original's weights; the keys may carry the prefix ``module.`` of its checkpoints.
        cls: the original's class, such as ``"RealNVP"`` or ``"Glow"``.
        kwargs: what its constructor was called with. Arguments that the class ignores are ignored here too.

    Returns:
        The flow in eval mode, in float32 on the CPU; its actnorms count as initialised.

    Raises:
        UsageError: for an unknown class or argument, an st-network that we do not build, and for keys that are missing,
            unexpected or of another shape, by name.

    Example:
        >>> from oodflow.interop import load_original
        >>> shape = {"image_shape": (1, 28, 28), "mid_channels": 8, "num_coupling_layers_per_scale": 1}
        >>> load_original({}, cls="Glow", kwargs=shape)
        Traceback (most recent call last):
        oodflow.errors.UsageError: the weights do not fit these constructor arguments: missing: body.3.0.module1.bias, \
body.3.0.module1.logs, body.3.1.module1.weight and 19 more; give the arguments that the checkpoint was trained with.
    """
    return original_flow(state_dict, cls, kwargs)[0]


def original_flow(state_dict: Mapping[str, Tensor], cls: str, kwargs: Mapping[str, Any]) -> tuple[Flow, OriginalConfig]:
    """Build what :func:`load_original` returns, and its configuration."""
    config, shape = original_config(cls, kwargs)
    try:
        with torch.random.fork_rng(devices=[]):  # the initial weights are thrown away
            flow = config.build(shape)
    except UsageError as error:
        raise UsageError(f"this {cls} can't be built for {list(shape)}: {error}") from error
    flow.load_state_dict(convert(state_dict, flow, config, dead=_dead(config, kwargs)))
    return flow.eval(), config


def original_config(cls: str, kwargs: Mapping[str, Any]) -> tuple[OriginalConfig, Shape]:
    """Translate the original's constructor arguments to our configuration, and the shape of what it is for.

    Raises:
        UsageError: for an unknown class or argument, a value that can't be, or an st-network that we do not build.
    """
    if cls not in ORIGINAL_FLOWS:
        raise UnknownName("flow", str(cls), ORIGINAL_FLOWS)
    known = {"Glow": _GLOW, "RealNVPTabular": _TABULAR}.get(cls, _REALNVP)
    if not isinstance(kwargs, Mapping):
        raise UsageError(f"kwargs is a {type(kwargs).__name__}: expected a dict of the constructor's arguments.")
    for name in kwargs:
        if name not in known:
            raise UnknownName(f"argument of {cls}", str(name), known)
    least = {"num_layers": 0} if cls == "RealNVPTabular" else {}
    given = known | {
        name: value if known[name] is None else _value(name, value, known[name], least.get(name, 1))
        for name, value in kwargs.items()
    }
    return _config(cls, given), _shape(cls, given)


def _config(cls: str, given: Mapping[str, Any]) -> OriginalConfig:
    match cls:
        case "RealNVP":
            net = _net(given, given["num_blocks"])
            return RealNVPConfig(scales=given["num_scales"], width=given["mid_channels"], net=net)
        case "Glow":
            return GlowConfig(
                scales=given["num_scales"],
                steps=given["num_coupling_layers_per_scale"],
                split=given["multi_scale"],
                width=given["mid_channels"],
                net=_net({**given, **_PLAIN_NET}, given["num_layers"]),
            )
        case "RealNVPTabular":
            # The original counts the hidden layers after the first.
            mlp = MLPConfig(hidden_layers=given["num_layers"] + 1, zero_init=given["init_zeros"])
            couplings, width = given["num_coupling_layers"], given["hidden_dim"]
            return TabularConfig(domain=RealsConfig(), couplings=couplings, width=width, net=mlp)
        case _:
            net = _net({**given, "skip": True, "latent_dim": 100}, given["num_blocks"])
            return SingleScaleConfig(**_SINGLE_SCALE[cls], width=given["mid_channels"], net=net)


def _value(name: str, value: Any, default: Any, least: int) -> Any:
    """Check an argument's type, which is its default's, and that a number is not too small."""
    if isinstance(default, bool | str):
        if isinstance(value, type(default)):
            return value
        kind = "True or False" if isinstance(default, bool) else "a string"
        raise UsageError(f"{name} is {value!r}: expected {kind}, such as {default!r}.")
    return _whole_number(name, value, least)


def _whole_number(name: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise UsageError(f"{name} is {value!r}: expected a whole number from {least}.")
    return number


def _shape(cls: str, given: Mapping[str, Any]) -> Shape:
    if cls == "RealNVPTabular":
        return (_whole_number("in_dim", given["in_dim"], 2),)
    name = "image_shape" if cls == "Glow" else "img_shape"
    try:
        channels, height, width = given[name]
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name} is {given[name]!r}: {cls} needs (channels, height, width), such as (1, 28, 28)."
        ) from error
    shape = tuple(_whole_number(name, size, 1) for size in (channels, height, width))
    if given.get("in_channels") not in (None, shape[0]):
        raise UsageError(f"in_channels is {given['in_channels']} but {name} is {shape}: they must agree.")
    return shape


def _dead(config: OriginalConfig, kwargs: Mapping[str, Any]) -> str:
    """Name what the original builds and never uses: a bottleneck after block 1 // 2 of 1."""
    unused = kwargs.get("st_type") == "resnet_ae" and not isinstance(config.net, BottleneckConfig)
    return "st_net.bottleneck." if unused else ""


def _net(given: Mapping[str, Any], blocks: int) -> AnyNetConfig:
    resnet = {"blocks": blocks, "batch_norm": given["use_batch_norm"], "zero_init": given["init_zeros"]}
    match given["st_type"]:
        case "resnet":
            return ResNetConfig(skip=given["skip"], **resnet)
        case "resnet_ae" if blocks == 1:
            return ResNetConfig(skip=False, **resnet)
        case "resnet_ae":
            return BottleneckConfig(latent_dims=given["latent_dim"], **resnet)
        case "highway":
            return HighwayConfig(blocks=blocks)
        case "glow_convnet":
            return ConvNetConfig()
        case "convnet" | "autoencoder" | "autoencoder_old" as name:
            raise UsageError(
                f"st_type {name!r} is not built: no flow of the paper has it, and the original's own is an affine map "
                f"(convnet), fails for 3 scales (autoencoder) or always (autoencoder_old)."
            )
        case name:
            raise UnknownName("st_type", name, ("resnet", "resnet_ae", "highway", "glow_convnet"))
