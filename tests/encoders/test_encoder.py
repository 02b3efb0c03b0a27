"""What an encoder makes of images: an EfficientNet with random weights, the real MobileNet where it lies, names."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from oodflow.encoders import encoder as encoder_module
from oodflow.encoders import files, fingerprint, open_encoder, why_not, width
from oodflow.errors import OodflowError
from oodflow.testing.encoders import save_encoder

transformers = pytest.importorskip("transformers", reason="an outside model needs transformers: oodflow[encoders]")

MOBILENET = Path(os.environ.get("OODFLOW_DATA", "nowhere")).parent / "models" / "mobilenet_v1_1.0_224"
EFFICIENTNET_B4 = {"hidden_dim": 1792, "width_coefficient": 1.4, "depth_coefficient": 1.8, "image_size": 380}


SMALL = {
    "hidden_dim": 128,
    "initializer_range": 0.2,
    "width_coefficient": 0.1,
    "depth_coefficient": 0.1,
    "image_size": 40,
}


def save_efficientnet(folder: Path) -> str:
    """Save a small EfficientNet with random weights, and the image processor that belongs to such models."""
    config = transformers.EfficientNetConfig(**SMALL)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.EfficientNetModel(config)
    config.save_pretrained(folder)
    save_file(model.state_dict(), folder / "model.safetensors", {"format": "pt"})
    processor = {"image_processor_type": "EfficientNetImageProcessor", "size": {"height": 40, "width": 40}}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor), encoding="utf-8")
    return str(folder)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (37, 3, 16, 16), dtype=np.uint8)


def test_an_efficientnet(tmp_path, images):
    encoder = open_encoder(save_efficientnet(tmp_path))
    found = encoder.embed(images)
    assert (found.shape, found.dtype) == ((37, 128), np.float32)
    assert width(encoder.name, encoder.fingerprint, (1, 16, 16)) == 128
    assert found.astype(np.float64).std(0).min() > 0


def test_efficientnet_b4_has_the_vectors_of_the_paper(tmp_path):
    config = transformers.EfficientNetConfig(**EFFICIENTNET_B4)
    with torch.device("meta"):
        model = transformers.EfficientNetModel(config)
        pooled = model(pixel_values=torch.zeros(1, 3, 380, 380)).pooler_output
    assert pooled.flatten(1).shape == (1, 1792)


def test_what_comes_of_an_image_depends_on_nothing_else(tmp_path, images):
    encoder = open_encoder(save_efficientnet(tmp_path))
    together = encoder.embed(images)
    apart = np.concatenate([encoder.embed(images[row : row + 1]) for row in range(len(images))])
    np.testing.assert_array_equal(apart, together)
    np.testing.assert_array_equal(encoder.embed(images[::-1])[::-1], together)
    np.testing.assert_allclose(encoder.embed(images, block=7), together, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not MOBILENET.is_dir(), reason=f"there is no model in {MOBILENET}")
def test_a_real_mobilenet(images):
    encoder = open_encoder(str(MOBILENET))
    together = encoder.embed(images[:3])
    assert together.shape == (3, 1024)
    assert together.min() >= 0, "its last layer is a ReLU, and the mean over the image keeps that"
    np.testing.assert_array_equal(encoder.embed(images[1:2])[0], together[1])


def test_a_model_is_found_by_its_name_where_it_was_downloaded(tmp_path, monkeypatch, images):
    snapshot = tmp_path / "models--someone--efficientnet-b0" / "snapshots" / "0123abcd"
    folder = save_efficientnet(snapshot)
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text("0123abcd", encoding="utf-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert fingerprint("someone/efficientnet-b0") == fingerprint(folder)
    np.testing.assert_array_equal(
        open_encoder("someone/efficientnet-b0").embed(images[:2]), open_encoder(folder).embed(images[:2])
    )


@pytest.mark.parametrize("name", ["google/efficientnet-b4", "no/such/folder", "nothing here"])
def test_what_is_neither_a_folder_nor_downloaded(tmp_path, monkeypatch, name):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    expected = f"the encoder {name} is neither a folder nor a model that was downloaded before: name a folder, or"
    with pytest.raises(OodflowError, match=re.escape(expected)):
        fingerprint(name)


def test_names_need_what_knows_them(monkeypatch):
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    with pytest.raises(OodflowError, match=re.escape('which is not there: pip install "oodflow[encoders]"')):
        fingerprint("google/efficientnet-b4")


def test_images_that_no_encoder_takes(monkeypatch):
    assert why_not("pairs", (2, 8, 8)) == "the encoder takes grey or RGB images, and pairs has 2 channels"
    assert why_not("grey", (1, 8, 8)) is None
    monkeypatch.setattr(encoder_module, "find_spec", lambda name: None)
    assert "pip install" in str(why_not("grey", (1, 8, 8)))


def test_features_that_are_no_numbers(tmp_path, monkeypatch, images):
    encoder = open_encoder(save_encoder(tmp_path))
    monkeypatch.setattr(encoder, "_block", lambda *_: np.full((1, 4), np.nan, np.float32))
    with pytest.raises(OodflowError, match="gives features that are infinite or NaN"):
        encoder.embed(images)
