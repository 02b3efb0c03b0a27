"""Checkpoint files: read as tensors alone, whatever they hold."""

import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save_file

from oodflow.errors import OodflowError
from oodflow.interop.original_checkpoint import read_checkpoint

STATE = {"module.body.0.weight": torch.arange(3.0)}


def test_the_originals_way_to_save(tmp_path):
    torch.save({"net": STATE, "epoch": 80}, tmp_path / "80.pt")
    state, epoch = read_checkpoint(tmp_path / "80.pt")
    assert epoch == 80
    assert torch.equal(state["module.body.0.weight"], torch.arange(3.0))


def test_a_bare_state_dict_and_safetensors(tmp_path):
    torch.save(STATE, tmp_path / "bare.pt")
    save_file(STATE, tmp_path / "bare.safetensors")
    for name in ("bare.pt", "bare.safetensors"):
        state, epoch = read_checkpoint(tmp_path / name)
        assert epoch is None
        assert torch.equal(state["module.body.0.weight"], torch.arange(3.0))


class Evil:
    """Unpickling it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (type(self.path).touch, (self.path,))


@pytest.mark.parametrize("save", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content))])
def test_nothing_in_a_checkpoint_is_executed(tmp_path, save):
    trap = tmp_path / "trap"
    save({"net": STATE, "epoch": Evil(trap)}, tmp_path / "evil.pt")
    with pytest.raises(OodflowError, match="can't be read as tensors alone"):
        read_checkpoint(tmp_path / "evil.pt")
    assert not trap.exists()


@pytest.mark.parametrize("content", [{}, {"net": {}}, {"net": {"a": 1}}, {"net": 3}, [STATE["module.body.0.weight"]]])
def test_something_else_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(OodflowError, match="no checkpoint of the original"):
        read_checkpoint(tmp_path / "other.pt")


@pytest.mark.parametrize("keep", [0, 10, 400])
def test_a_damaged_file_is_refused(tmp_path, keep):
    path = tmp_path / "cut.pt"
    torch.save({"net": STATE, "epoch": 80}, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(OodflowError, match=r"cut\.pt"):
        read_checkpoint(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(OodflowError, match="does not exist"):
        read_checkpoint(tmp_path / "no.pt")
    with pytest.raises(OodflowError, match="is no file"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("tensor", [torch.ones(1).expand(10**9), torch.eye(3).to_sparse()], ids=["repeated", "sparse"])
def test_more_numbers_than_are_stored_are_refused(tmp_path, tensor):
    torch.save({"net": {"module.a": tensor}}, tmp_path / "80.pt")
    with pytest.raises(OodflowError, match=r"80\.pt is no checkpoint of the original: module\.a has more numbers than"):
        read_checkpoint(tmp_path / "80.pt")


def test_a_file_that_would_grow_is_refused(tmp_path):
    torch.save({"net": {"a": torch.zeros(100_000)}}, tmp_path / "plain.pt")
    assert read_checkpoint(tmp_path / "plain.pt").state_dict["a"].shape == (100_000,)
    with zipfile.ZipFile(tmp_path / "plain.pt") as plain, zipfile.ZipFile(tmp_path / "80.pt", "w") as squeezed:
        for name in plain.namelist():
            squeezed.writestr(name, plain.read(name), zipfile.ZIP_DEFLATED)
    with pytest.raises(OodflowError, match=r"80\.pt is no checkpoint: it would be 40"):
        read_checkpoint(tmp_path / "80.pt")
