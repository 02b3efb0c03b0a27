"""The command line of the original's four training scripts, and what of it shapes the flow.

Nothing heavy is imported here, for the parser needs it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from oodflow.errors import UnknownName, UsageError

Shape = tuple[int, ...]


class OriginalData(NamedTuple):
    """A data set of the original: our name of it, its shape, and whether it was standardised beside the flow there."""

    name: str
    shape: Shape
    standardised: bool = False


# Its names, in lower case as it takes them.
ORIGINAL_DATA: dict[str, OriginalData] = {
    "mnist": OriginalData("mnist", (1, 28, 28)),
    "fashionmnist": OriginalData("fashion_mnist", (1, 28, 28)),
    "cifar10": OriginalData("cifar10", (3, 32, 32)),
    "svhn": OriginalData("svhn", (3, 32, 32)),
    "celeba": OriginalData("celeba", (3, 32, 32)),
    "cifar10_transfer": OriginalData("cifar10_transfer", (1792,)),
    "svhn_transfer": OriginalData("svhn_transfer", (1792,)),
    "celeba_transfer": OriginalData("celeba_transfer", (1792,)),
    "hepmass0": OriginalData("hepmass?class=background", (15,), standardised=True),
    "hepmass1": OriginalData("hepmass?class=signal", (15,), standardised=True),
    "miniboone0": OriginalData("miniboone?class=background", (50,), standardised=True),
    "miniboone1": OriginalData("miniboone?class=signal", (50,), standardised=True),
}

# The flags that shape the flow, with their defaults; those that are false are switches.
FLOW_FLAGS: dict[str, int | str | bool] = {
    "num_blocks": 8,
    "num_scales": 2,
    "num_mid_channels": 64,
    "st_type": "resnet",
    "latent_dim": 100,
    "no_batchnorm": False,
    "no_skip": False,
    "init_zeros": False,
    "num_coupling_layers_per_scale": 8,
    "no_multi_scale": False,
    "dropout": False,
    # the script for UCI data
    "num_coupling_layers": 8,
    "num_hidden_layers": 1,
    "num_hidden_units": 256,
}

# The others, on which a flow that is trained no longer depends.
TRAINING_FLAGS = (
    "data_path", "logdir", "ckptdir", "batch_size", "gpu_ids", "lr", "max_grad_norm", "num_epochs", "num_samples",
    "num_workers", "resume", "weight_decay", "prior", "save_freq", "optim", "decoder_likelihood",
    "logvar_num_hidden_layers", "logvar_num_hidden_units", "reconstruction_weight", "reconstruction_rampup",
    "ood_dataset", "ood_data_path", "negative_val",
)  # fmt: skip
TRAINING_SWITCHES = ("use_validation", "lr_anneal", "aug", "reconstruction_loss", "no_sampling")


def original_data(dataset: str) -> OriginalData:
    """Look a data set of the original up.

    Raises:
        UsageError: for a name that it does not know.
    """
    if dataset.lower() not in ORIGINAL_DATA:
        raise UnknownName("dataset", dataset.lower(), ORIGINAL_DATA)
    return ORIGINAL_DATA[dataset.lower()]


def constructor_arguments(cls: str, shape: Shape, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what the original's scripts call the constructor of ``cls`` with.

    Args:
        cls: the original's class.
        shape: of its data.
        flags: values of ``FLOW_FLAGS``, as given or as they are by default.

    Raises:
        UsageError: when the class is not for data of this shape.
    """
    if (cls == "RealNVPTabular") != (len(shape) == 1):
        kind = "vectors" if len(shape) == 1 else "images"
        raise UsageError(f"--flow {cls} is not for {kind} of shape {list(shape)}: check --flow and --dataset.")
    if cls == "RealNVPTabular":
        embeddings = shape == (1792,)
        return {
            "in_dim": shape[0],
            "hidden_dim": flags["num_mid_channels" if embeddings else "num_hidden_units"],
            "num_layers": flags["num_blocks" if embeddings else "num_hidden_layers"],
            "num_coupling_layers": flags["num_coupling_layers_per_scale" if embeddings else "num_coupling_layers"],
            "init_zeros": flags["init_zeros"],
            "dropout": flags["dropout"],
        }
    shared = {
        "mid_channels": flags["num_mid_channels"],
        "num_scales": flags["num_scales"],
        "st_type": flags["st_type"],
    }
    if cls == "Glow":  # the scripts do not hand it the other switches
        return shared | {
            "image_shape": shape,
            "num_layers": flags["num_blocks"],
            "num_coupling_layers_per_scale": flags["num_coupling_layers_per_scale"],
            "multi_scale": not flags["no_multi_scale"],
        }
    return shared | {
        "img_shape": shape,
        "in_channels": shape[0],
        "num_blocks": flags["num_blocks"],
        "skip": not flags["no_skip"],
        "use_batch_norm": not flags["no_batchnorm"],
        "latent_dim": flags["latent_dim"],
        "init_zeros": flags["init_zeros"],
    }
