"""Numbers that others published, to stand beside ours. Never an input to anything."""

SOURCE = "Kirichenko, Izmailov, Wilson (2020), arXiv:2006.08545, Table 1 (one run each, full-size flows)"

# AUROC of the likelihood in per cent: (flow, trained on) -> {asked about: AUROC}.
# RealNVP trained on SVHN against CIFAR-10 is missing in the text we have.
PUBLISHED_AUROC: dict[tuple[str, str], dict[str, float]] = {
    ("RealNVP", "celeba"): {"cifar10": 67.7, "svhn": 6.3},
    ("RealNVP", "cifar10"): {"celeba": 56.0, "svhn": 6.0},
    ("RealNVP", "svhn"): {"celeba": 99.0},
    ("RealNVP", "fashion_mnist"): {"mnist": 10.8, "notmnist": 72.1},
    ("RealNVP", "mnist"): {"fashion_mnist": 99.99, "notmnist": 99.99},
    ("Glow", "celeba"): {"cifar10": 69.1, "svhn": 6.4},
    ("Glow", "cifar10"): {"celeba": 52.9, "svhn": 5.5},
    ("Glow", "svhn"): {"celeba": 99.9, "cifar10": 99.1},
    ("Glow", "fashion_mnist"): {"mnist": 13.3, "notmnist": 80.2},
    ("Glow", "mnist"): {"fashion_mnist": 99.96, "notmnist": 100.0},
}
