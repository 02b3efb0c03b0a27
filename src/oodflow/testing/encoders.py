"""A small outside model, for statistics and scores that ask one to be tested on."""

import json
from pathlib import Path

from safetensors.torch import save_file

from oodflow.training import seeded

_PROCESSOR = {
    "image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": 32, "width": 32}, "resample": 2,
    "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5, 0.4, 0.3],
    "image_std": [0.5, 0.25, 0.2],
}  # fmt: skip


def save_encoder(folder: Path, features: int = 8) -> str:
    """Save a residual network of ``transformers`` with its random initial weights, always the same.

    Args:
        folder: is made where it is not there; what is in it is replaced.
        features: how many an image has.

    Returns:
        The folder, as the setting ``encoder`` takes it.

    Raises:
        ModuleNotFoundError: ``transformers`` is not installed.
    """
    from transformers import ResNetConfig, ResNetModel

    config = ResNetConfig(
        embedding_size=4, hidden_sizes=[4, features], depths=[1, 1], layer_type="basic", architectures=["ResNetModel"]
    )
    with seeded(0):
        model = ResNetModel(config)
    folder.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(folder)
    save_file(model.state_dict(), folder / "model.safetensors", {"format": "pt"})
    (folder / "preprocessor_config.json").write_text(json.dumps(_PROCESSOR), encoding="utf-8")
    return str(folder)
