"""``oodflow import-original``: a checkpoint of the original becomes a run that the other verbs take."""

import json

import numpy as np
import pytest
import torch

import oodflow as package
from data.layouts import write_miniboone
from interop import original
from interop.states import state_of
from oodflow.data import load
from oodflow.runs import RunDir

FLAGS = ["--dataset=FashionMNIST", "--num-blocks", "2", "--num_mid_channels=2"]
KWARGS = {"img_shape": (1, 28, 28), "mid_channels": 2, "num_blocks": 2}


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "80.pt"
    state = state_of("RealNVP", KWARGS)
    torch.save({"net": {f"module.{key}": tensor for key, tensor in state.items()}, "epoch": 80}, path)
    return path


def test_the_run_holds_the_originals_function(oodflow, checkpoint, tmp_path):
    result = oodflow("import-original", checkpoint, "--flow", "RealNVP", *FLAGS, tmp_path / "run")
    assert result.code == 0
    assert "the original's RealNVP of epoch 80" in result.out
    flow = package.load(tmp_path / "run").double()
    images = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    noise = torch.rand(images.shape, generator=torch.Generator().manual_seed(1))
    z, _ = original.encode("RealNVP", KWARGS, state_of("RealNVP", KWARGS), images, noise)
    assert (flow.encode(images, noise=noise)[0] - z).abs().max() < 1e-12


def test_the_record_says_where_it_came_from(oodflow, checkpoint, tmp_path):
    training = ["--lr", "5e-5", "--num_epochs=81", "--no-sampling"]
    result = oodflow("import-original", checkpoint, tmp_path / "run", *FLAGS, *training, "--json")
    imported = json.loads(result.out)
    assert RunDir.open(tmp_path / "run").record().imported.as_dict() == imported
    assert imported["epoch"] == 80
    assert imported["original_class"] == "RealNVP"
    assert imported["checkpoint"] == "80.pt"
    assert len(imported["sha256"]) == 64
    assert imported["flags"] == {
        "dataset": "FashionMNIST", "num_blocks": 2, "num_mid_channels": 2, "lr": "5e-5",
        "num_epochs": "81", "no_sampling": True,
    }  # fmt: skip
    config = RunDir.open(tmp_path / "run").config()
    assert config.data == "fashion_mnist"
    assert config.ood == ("mnist", "notmnist")
    assert config.training is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*FLAGS, "--flow", "RealNPV"], "unknown flow 'RealNPV': did you mean 'RealNVP'"),
        ([*FLAGS, "--dataset", "FashonMNIST"], "unknown dataset 'fashonmnist': did you mean 'fashionmnist'"),
        (["--num-blocks", "2"], "--dataset is missing"),
        ([*FLAGS, "--dataset", "hepmass0"], "missing: body.0"),
        ([*FLAGS, "--dataset", "hepmass0", "--flow", "Glow"], "--flow Glow is not for vectors of shape [15]"),
        ([*FLAGS, "--flow", "RealNVPTabular"], "--flow RealNVPTabular is not for images"),
        ([*FLAGS, "--num-scales", "0"], "num_scales is 0: expected a whole number from 1"),
        ([*FLAGS, "--num-scales", "3"], "missing: body.8.0"),
        ([*FLAGS, "--num-scales", "5"], "RealNVP can't be built for [1, 28, 28]"),
        ([*FLAGS, "--st_type", "autoencoder"], "st_type 'autoencoder' is not built"),
        ([*FLAGS, "--speed", "3"], "unrecognized arguments: --speed"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_written(oodflow, checkpoint, tmp_path, arguments, message):
    result = oodflow("import-original", checkpoint, tmp_path / "run", *arguments)
    assert message in result.error
    assert result.code == 2
    assert not (tmp_path / "run").exists()


def test_a_folder_in_use_is_refused(oodflow, checkpoint, trained):
    assert "already holds a run" in oodflow("import-original", checkpoint, trained, *FLAGS).error


def test_a_file_that_is_no_checkpoint_is_refused(oodflow, tmp_path):
    (tmp_path / "notes.pt").write_text("not a checkpoint")
    result = oodflow("import-original", tmp_path / "notes.pt", tmp_path / "run", *FLAGS)
    assert "notes.pt" in result.error
    assert result.code == 1


def test_an_imported_run_can_not_be_trained_on(oodflow, checkpoint, tmp_path):
    oodflow("import-original", checkpoint, tmp_path / "run", *FLAGS)
    assert "was trained elsewhere" in oodflow("train", "--resume", tmp_path / "run").error


def test_a_flow_over_rows_is_imported_with_the_units_that_the_original_had_beside_it(oodflow, tmp_path):
    kwargs = {"in_dim": 50, "hidden_dim": 4, "num_layers": 1, "num_coupling_layers": 3}
    torch.save({"net": state_of("RealNVPTabular", kwargs), "epoch": 9}, tmp_path / "9.pt")
    flags = ["--dataset=miniboone1", "--num_hidden_units=4", "--num_coupling_layers=3"]
    importing = ("import-original", tmp_path / "9.pt", tmp_path / "run", *flags, "--data-dir", tmp_path)
    assert "miniboone (train) is not in" in oodflow(*importing).error
    assert not (tmp_path / "run").exists()
    write_miniboone(tmp_path)
    assert oodflow(*importing).code == 0
    flow = package.load(tmp_path / "run").double()
    rows = load("miniboone?class=signal", "train+calibration", root=tmp_path).batch(slice(None)).astype(np.float64)
    x = torch.from_numpy((rows[:5] - rows.mean(0)) / rows.std(0))
    z, _ = original.encode("RealNVPTabular", kwargs, state_of("RealNVPTabular", kwargs), x)
    assert (flow.encode(torch.from_numpy(rows[:5]))[0] - z).abs().max() < 1e-9
    refused = oodflow("evaluate", tmp_path / "run", "--ood", "flat?shape=1x4x4", "--data-dir", tmp_path)
    assert "images of shape 1x4x4 but this flow is over reals of shape 50" in refused.error
