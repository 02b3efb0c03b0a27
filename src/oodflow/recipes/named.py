"""Named runs: which flow, trained on what, asked about what."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from oodflow.data.naming import named
from oodflow.errors import UnknownName
from oodflow.recipes import embeddings, tables
from oodflow.recipes.embeddings import realnvp_embeddings
from oodflow.recipes.images import (
    autoregressive,
    background,
    glow_colour,
    glow_grey,
    local,
    mixture_colour,
    mixture_grey,
    realnvp_colour,
    realnvp_colour_64,
    realnvp_demo,
    realnvp_grey,
    realnvp_imagenet_64,
    realnvp_patches,
    tarflow,
)
from oodflow.recipes.inductive_biases import COLOUR, GREY, bottleneck, masked
from oodflow.recipes.scales import SCALES, Preset, Scale, monitor
from oodflow.recipes.tables import realnvp_tabular, realnvp_uci, spline_tabular
from oodflow.registry import Registry
from oodflow.runs.config import MonitorConfig, RunConfig


def run(
    preset: Callable[[Scale, int], Preset],
    data: str,
    ood: tuple[str, ...],
    name: str,
    scale: str = "cpu",
    *,
    looks: Mapping[str, MonitorConfig] = MappingProxyType({}),
    rows: int | None = None,
) -> RunConfig:
    """Put a preset and data sets together. At ``paper`` scale the whole official train part is trained on.

    Args:
        preset: makes flow and training for a scale.
        data: what is trained on.
        ood: what is asked about.
        name: of the recipe.
        scale: how large.
        looks: by scale, what to look at while training, if not what :func:`~oodflow.recipes.scales.monitor` says.
        rows: how many the train part has, where the set does not say.
    """
    if scale not in SCALES:
        raise UnknownName("scale", scale, SCALES)
    images = rows or named(data).parts.get("train") or 0
    flow, training = preset(scale, images)
    return RunConfig(
        recipe=name,
        scale=scale,
        data=data,
        split="train+calibration" if scale == "paper" else "train",
        ood=ood,
        flow=flow,
        training=training,
        monitor=looks.get(scale) or monitor(scale, images, training.batch_size, slow_to_sample=flow.slow_to_sample),
    )


_RUNS: dict[str, tuple[Callable[[Scale, int], Preset], str, tuple[str, ...]]] = {
    # The pairs of data sets are the paper's, Table 1.
    "fashion-mnist-realnvp": (realnvp_grey, "fashion_mnist", ("mnist", "notmnist")),
    "fashion-mnist-glow": (glow_grey, "fashion_mnist", ("mnist", "notmnist")),
    "mnist-realnvp": (realnvp_grey, "mnist", ("fashion_mnist", "notmnist")),
    "mnist-glow": (glow_grey, "mnist", ("fashion_mnist", "notmnist")),
    "cifar10-realnvp": (realnvp_colour, "cifar10", ("svhn", "celeba")),
    "cifar10-glow": (glow_colour, "cifar10", ("svhn", "celeba")),
    "svhn-realnvp": (realnvp_colour, "svhn", ("cifar10", "celeba")),
    "svhn-glow": (glow_colour, "svhn", ("cifar10", "celeba")),
    "celeba-realnvp": (realnvp_colour, "celeba", ("cifar10", "svhn")),
    "celeba-glow": (glow_colour, "celeba", ("cifar10", "svhn")),
    # Figure 1 and appendix E.
    "imagenet64-realnvp": (
        realnvp_imagenet_64,
        "imagenet64",
        ("celeba?shape=3x64x64", "svhn?shape=3x64x64"),
    ),
    # Figure 15 and appendix E.
    "celeba64-realnvp": (
        realnvp_colour_64,
        "celeba?shape=3x64x64",
        ("cifar10?shape=3x64x64", "svhn?shape=3x64x64"),
    ),
    # Other masks at one size, and bottlenecks in the st-networks: appendix L.
    "masks-fashion-mnist-checkerboard": (masked("checkerboard", GREY), "fashion_mnist", ("mnist",)),
    "masks-fashion-mnist-horizontal": (masked("horizontal", GREY), "fashion_mnist", ("mnist",)),
    "masks-fashion-mnist-cycle": (masked("cycle", GREY), "fashion_mnist", ("mnist",)),
    "masks-celeba-checkerboard": (masked("checkerboard", COLOUR), "celeba", ("svhn",)),
    "masks-celeba-horizontal": (masked("horizontal", COLOUR), "celeba", ("svhn",)),
    "masks-celeba-cycle": (masked("cycle", COLOUR), "celeba", ("svhn",)),
    "bottleneck-fashion-mnist-none": (bottleneck(None, GREY), "fashion_mnist", ("mnist",)),
    "bottleneck-fashion-mnist-100": (bottleneck(100, GREY), "fashion_mnist", ("mnist",)),
    "bottleneck-fashion-mnist-50": (bottleneck(50, GREY), "fashion_mnist", ("mnist",)),
    "bottleneck-fashion-mnist-10": (bottleneck(10, GREY), "fashion_mnist", ("mnist",)),
    "bottleneck-celeba-none": (bottleneck(None, COLOUR), "celeba", ("svhn",)),
    "bottleneck-celeba-150": (bottleneck(150, COLOUR), "celeba", ("svhn",)),
    "bottleneck-celeba-80": (bottleneck(80, COLOUR), "celeba", ("svhn",)),
    "bottleneck-celeba-30": (bottleneck(30, COLOUR), "celeba", ("svhn",)),
    # Flows that the paper has not got, on its pairs.
    "fashion-mnist-mixture": (mixture_grey, "fashion_mnist", ("mnist", "notmnist")),
    "mnist-mixture": (mixture_grey, "mnist", ("fashion_mnist", "notmnist")),
    "cifar10-mixture": (mixture_colour, "cifar10", ("svhn", "celeba")),
    "svhn-mixture": (mixture_colour, "svhn", ("cifar10", "celeba")),
    "celeba-mixture": (mixture_colour, "celeba", ("cifar10", "svhn")),
    "fashion-mnist-autoregressive": (autoregressive, "fashion_mnist", ("mnist", "notmnist")),
    "mnist-autoregressive": (autoregressive, "mnist", ("fashion_mnist", "notmnist")),
    "cifar10-autoregressive": (autoregressive, "cifar10", ("svhn", "celeba")),
    "svhn-autoregressive": (autoregressive, "svhn", ("cifar10", "celeba")),
    "celeba-autoregressive": (autoregressive, "celeba", ("cifar10", "svhn")),
    "fashion-mnist-tarflow": (tarflow, "fashion_mnist", ("mnist", "notmnist")),
    "mnist-tarflow": (tarflow, "mnist", ("fashion_mnist", "notmnist")),
    "cifar10-tarflow": (tarflow, "cifar10", ("svhn", "celeba")),
    "svhn-tarflow": (tarflow, "svhn", ("cifar10", "celeba")),
    "celeba-tarflow": (tarflow, "celeba", ("cifar10", "svhn")),
    # Backgrounds of likelihood ratios.
    "local-fashion-mnist": (local, "fashion_mnist", ("mnist", "notmnist")),
    "local-mnist": (local, "mnist", ("fashion_mnist", "notmnist")),
    "local-cifar10": (local, "cifar10", ("svhn", "celeba")),
    "local-svhn": (local, "svhn", ("cifar10", "celeba")),
    "local-celeba": (local, "celeba", ("cifar10", "svhn")),
    "local-photographs": (local, "photographs", ("digits", "flat", "smooth", "noise")),
    "background-fashion-mnist": (background(realnvp_grey), "fashion_mnist?mutated=0.2", ("mnist", "notmnist")),
    "background-mnist": (background(realnvp_grey), "mnist?mutated=0.2", ("fashion_mnist", "notmnist")),
    "background-cifar10": (background(realnvp_colour), "cifar10?mutated=0.2", ("svhn", "celeba")),
    "background-svhn": (background(realnvp_colour), "svhn?mutated=0.2", ("cifar10", "celeba")),
    "background-celeba": (background(realnvp_colour), "celeba?mutated=0.2", ("cifar10", "svhn")),
    "background-photographs": (
        background(realnvp_patches),
        "photographs?mutated=0.2",
        ("digits", "flat", "smooth", "noise"),
    ),
    # The demo's: the paper's own case in minutes, with MNIST or the digits of scikit-learn.
    "demo-mnist": (realnvp_demo, "fashion_mnist", ("mnist",)),
    "demo-digits": (realnvp_demo, "fashion_mnist", ("framed_digits",)),
    # Built in, no download.
    "photographs-realnvp": (realnvp_patches, "photographs", ("digits", "flat", "smooth", "noise")),
}

# Events of a class in the train part: of MiniBooNE half of all; of HEPMASS the signals by Papamakarios et al. (2017),
# and nearly as many background events.
_MINIBOONE, _HEPMASS = 32_849, 350_136

_OF_ROWS: dict[
    str, tuple[Callable[[Scale, int], Preset], str, tuple[str, ...], Mapping[str, MonitorConfig], int | None]
] = {
    # Table 2b: trained on one class, asked about the other.
    "miniboone-background-realnvp": (
        realnvp_uci, "miniboone?class=background", ("miniboone?class=signal",), tables.LOOKS, _MINIBOONE
    ),
    "miniboone-signal-realnvp": (
        realnvp_uci, "miniboone?class=signal", ("miniboone?class=background",), tables.LOOKS, _MINIBOONE
    ),
    "hepmass-background-realnvp": (
        realnvp_uci, "hepmass?class=background", ("hepmass?class=signal",), tables.LOOKS, _HEPMASS
    ),
    "hepmass-signal-realnvp": (
        realnvp_uci, "hepmass?class=signal", ("hepmass?class=background",), tables.LOOKS, _HEPMASS
    ),
    # For tables of one's own, as data=csv:PATH: no other table has their columns, so none is asked about.
    "tabular-realnvp": (realnvp_tabular, "breast_cancer?class=benign", (), tables.LOOKS, None),
    "tabular-spline": (spline_tabular, "breast_cancer?class=benign", (), tables.LOOKS, None),
    # For vectors of an encoder of one's own, as data=cifar10?encoder=MODEL&length=1; a table is built in.
    "embeddings-realnvp": (realnvp_embeddings, "breast_cancer?class=benign", (), embeddings.LOOKS, None),
}  # fmt: skip

RECIPES: Registry[Callable[[str], RunConfig]] = Registry(
    "recipe",
    "oodflow.recipes",
    {name: partial(run, preset, data, ood, name) for name, (preset, data, ood) in _RUNS.items()}
    | {
        name: partial(run, preset, data, ood, name, looks=looks, rows=rows)
        for name, (preset, data, ood, looks, rows) in _OF_ROWS.items()
    },
)
