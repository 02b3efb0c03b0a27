"""Numbers that others published, to stand beside ours. Never an input to anything."""

from oodflow.flows import FlowConfig

SOURCE = "Kirichenko, Izmailov, Wilson (2020), arXiv:2006.08545, Table 1 (one run each, full-size flows)"

# AUROC of the likelihood in per cent: (kind of flow, trained on) -> {asked about: AUROC}.
# RealNVP trained on SVHN against CIFAR-10 is missing in the text we have.
PUBLISHED_AUROC: dict[tuple[str, str], dict[str, float]] = {
    ("realnvp", "celeba"): {"cifar10": 67.7, "svhn": 6.3},
    ("realnvp", "cifar10"): {"celeba": 56.0, "svhn": 6.0},
    ("realnvp", "svhn"): {"celeba": 99.0},
    ("realnvp", "fashion_mnist"): {"mnist": 10.8, "notmnist": 72.1},
    ("realnvp", "mnist"): {"fashion_mnist": 99.99, "notmnist": 99.99},
    ("glow", "celeba"): {"cifar10": 69.1, "svhn": 6.4},
    ("glow", "cifar10"): {"celeba": 52.9, "svhn": 5.5},
    ("glow", "svhn"): {"celeba": 99.9, "cifar10": 99.1},
    ("glow", "fashion_mnist"): {"mnist": 13.3, "notmnist": 80.2},
    ("glow", "mnist"): {"fashion_mnist": 99.96, "notmnist": 100.0},
}

# What the flows of Table 1 have in common, whatever their size and the layers of their networks.
_DEFINING = ("domain", "mask", "prior", "split", "squeezed_mask", "transformer")
_NETS = ("convnet", "highway", "resnet")


def published_auroc(flow: FlowConfig, data: str) -> dict[str, float]:
    """Look up what the paper found for a flow like this: AUROC of the likelihood in per cent, by set.

    Example:
        >>> from oodflow.flows import RealNVPConfig
        >>> published_auroc(RealNVPConfig(net="convnet"), "cifar10")
        {'celeba': 56.0, 'svhn': 6.0}
        >>> published_auroc(RealNVPConfig(mask="cycle"), "cifar10")
        {}
    """
    fields = type(flow).model_fields
    others = [name for name in _DEFINING if name in fields and getattr(flow, name) != fields[name].get_default()]
    net = getattr(flow, "net", None)
    if others or net is None or net.kind not in _NETS or not getattr(net, "skip", True):
        return {}
    return PUBLISHED_AUROC.get((flow.kind, data), {})
