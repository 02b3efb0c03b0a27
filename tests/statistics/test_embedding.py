"""Embeddings beside the model itself, and what is no encoder."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from oodflow.data import ImageSet
from oodflow.encoders import encoder as encoder_module
from oodflow.errors import OodflowError, UsageError
from oodflow.statistics import Embedding, Observation
from oodflow.testing.encoders import save_encoder
from oodflow.testing.observations import example_data

transformers = pytest.importorskip("transformers", reason="an outside model needs transformers: oodflow[encoders]")


@pytest.fixture
def encoder(tmp_path):
    return save_encoder(tmp_path)


def embeddings(encoder, data):
    return Observation(None, data)[Embedding(encoder=encoder)]


def edit(encoder, name, **changes):
    """Change entries of a file of an encoder; none takes one away."""
    file = Path(encoder) / name
    values = json.loads(file.read_text(encoding="utf-8")) | changes
    file.write_text(json.dumps({key: value for key, value in values.items() if value is not None}), encoding="utf-8")


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_the_model_sees_images_as_its_processor_says(encoder, kind):
    data = example_data("test", kind)
    shown = []
    for image in data.batch(slice(None)):
        rgb = Image.fromarray(np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0).copy())
        resized = np.asarray(rgb.resize((32, 32), Image.Resampling.BILINEAR), np.float32).transpose(2, 0, 1) / 255
        shown.append((resized - np.array([[[0.5]], [[0.4]], [[0.3]]])) / np.array([[[0.5]], [[0.25]], [[0.2]]]))
    model = transformers.ResNetModel(transformers.ResNetConfig.from_pretrained(encoder)).eval()
    model.load_state_dict(load_file(Path(encoder) / "model.safetensors"))
    with torch.no_grad():
        expected = model(torch.from_numpy(np.stack(shown)).float()).pooler_output.flatten(1)
    found = embeddings(encoder, data)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_more_images_than_a_block_has(encoder):
    images = np.random.default_rng(0).integers(0, 256, (70, 3, 8, 8), dtype=np.uint8)
    found = embeddings(encoder, ImageSet.from_array(images))
    assert found.shape == (70, 8)
    np.testing.assert_allclose(embeddings(encoder, ImageSet.from_array(images[64:])), found[64:], rtol=1e-6, atol=1e-6)


def test_what_the_encoder_is_made_of_tells_statistics_apart(encoder, tmp_path):
    same = save_encoder(tmp_path / "same")
    first = Embedding(encoder=encoder)
    assert Embedding(encoder=encoder) == first
    assert Embedding(encoder=same).weights == first.weights
    edit(encoder, "preprocessor_config.json", size={"height": 16, "width": 16})
    second = Embedding(encoder=encoder)
    tensors = load_file(Path(encoder) / "model.safetensors")
    save_file({name: 2 * tensor for name, tensor in tensors.items()}, Path(encoder) / "model.safetensors")
    assert len({first, second, Embedding(encoder=encoder)}) == 3


def test_loading_leaves_random_numbers_and_messages_of_others_alone(encoder, capfd):
    logging = transformers.utils.logging
    before = torch.random.get_rng_state(), logging.get_verbosity(), logging.is_progress_bar_enabled()
    embeddings(encoder, example_data("test", "grey"))
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before[1:]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("missing", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_a_folder_that_holds_no_encoder(encoder, missing):
    (Path(encoder) / missing).unlink()
    name = missing.replace("model", "*")
    expected = f"there is no encoder in {encoder}, for {name} is missing: name a folder with a model of Hugging Face"
    with pytest.raises(OodflowError, match=re.escape(expected)):
        Embedding(encoder=encoder)


def test_weights_that_would_be_drawn_at_random_are_refused(encoder):
    file = Path(encoder) / "model.safetensors"
    tensors = load_file(file)
    left_out = next(name for name in tensors if name.startswith("encoder.") and name.endswith(".weight"))
    del tensors[left_out]
    save_file(tensors, file, {"format": "pt"})
    with pytest.raises(OodflowError, match=f"has no weights for 1 of its tensors, such as {left_out}, which would be"):
        embeddings(encoder, example_data("test", "grey"))


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("config.json", {"model_type": "oracle"}, "can't be loaded: .*oracle.*: name a model for images"),
        ("preprocessor_config.json", {"image_processor_type": "Lens"}, "can't be loaded: .*: name a model for images"),
        (
            "preprocessor_config.json", {"do_resize": False, "do_center_crop": False, "image_mean": [0.5]},
            r"can't be shown images of shape \(1, 12, 8\): .*: name a model for images of Hugging Face transformers",
        ),
    ],
)  # fmt: skip
def test_an_encoder_that_does_not_work(encoder, name, changes, message):
    edit(encoder, name, **changes)
    with pytest.raises(OodflowError, match=message):
        embeddings(encoder, example_data("test", "grey"))


def test_a_model_without_pooled_output(encoder, monkeypatch):
    forward = transformers.ResNetModel.forward
    monkeypatch.setattr(
        transformers.ResNetModel, "forward", lambda self, pixel_values: forward(self, pixel_values).last_hidden_state
    )
    with pytest.raises(OodflowError, match="its ResNetModel has no pooler_output"):
        embeddings(encoder, example_data("test", "grey"))


def test_data_that_no_encoder_takes(encoder):
    statistic = Embedding(encoder=encoder)
    pairs = ImageSet.from_array(np.zeros((3, 2, 8, 8), np.uint8), "pairs")
    assert statistic.why_not(None, pairs) == "the encoder takes grey or RGB images, and pairs has 2 channels"
    reason = statistic.why_not(None, example_data("test", "vectors"))
    assert reason == "it is for 8-bit images, which test does not hold"


def test_without_transformers_it_says_what_to_install(encoder, monkeypatch):
    monkeypatch.setattr(encoder_module, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=re.escape('which is not there: pip install "oodflow[encoders]"')):
        embeddings(encoder, example_data("test", "grey"))
