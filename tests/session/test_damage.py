"""Files of a run that are damaged or belong elsewhere, and a disk that is full: one sentence, and nothing is lost."""

import errno
import json
import resource
import signal

import pytest
import torch
from safetensors import SafetensorError

import oodflow as package
from making_runs import assert_same, stopped, tensors
from oodflow.errors import OodflowError
from oodflow.flows import load_tensors, save_tensors
from oodflow.runs import RunDir


@pytest.fixture
def begun(trained, tmp_path):
    """A run that was stopped after two of four steps."""
    return stopped(tmp_path / "begun", RunDir(trained).config(), 2).path


@pytest.fixture
def saved_twice(trained, tmp_path):
    """A run that was stopped after three of four steps, each of which was saved."""
    config = RunDir(trained).config()
    often = config.model_copy(update={"training": config.training.model_copy(update={"checkpoint_every": 1})})
    return stopped(tmp_path / "begun", often, 3).path


def hidden(path):
    return [file.name for file in path.iterdir() if file.name.startswith(".")]


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-100])


def overwrite(path):
    path.write_bytes(b"\xffno such thing")


def empty(path):
    path.write_bytes(b"")


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-1000] ^= 8
    path.write_bytes(content)


def rewrite(change):
    """Damage of a kind that a digest can't tell: written so."""

    def damage(path):
        tensors, metadata = load_tensors(path)
        save_tensors(path, change(tensors), metadata)

    return damage


@rewrite
def not_a_number(tensors):
    name = next(name for name in tensors if name.startswith("flow.") and tensors[name].is_floating_point())
    return tensors | {name: tensors[name] * torch.nan}


@rewrite
def without_moments(tensors):
    return {name: tensor for name, tensor in tensors.items() if not name.endswith("exp_avg_sq")}


@rewrite
def without_some_moments(tensors):
    return {name: tensor for name, tensor in tensors.items() if name != "optimiser.0.exp_avg_sq"}


@rewrite
def of_another_type(tensors):
    return {name: tensor.double() if name.startswith("average.") else tensor for name, tensor in tensors.items()}


@rewrite
def without_averages(tensors):
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("average.")}


DAMAGES = [
    cut_off, overwrite, empty, flip_a_bit, not_a_number, without_some_moments, of_another_type, without_averages,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_checkpoint_before_takes_the_place_of_a_damaged_one(oodflow, saved_twice, trained, damage):
    damage(saved_twice / "checkpoint.safetensors")
    result = oodflow("train", "--resume", saved_twice)
    assert result.code == 0, result.err
    assert f"{saved_twice / 'checkpoint.safetensors'} is " in result.err
    assert "The checkpoint before it is sound: training goes on after step 2." in result.err
    assert_same(tensors(saved_twice), tensors(trained))


@pytest.mark.parametrize("damage", DAMAGES)
def test_nothing_is_trained_on_damage(oodflow, saved_twice, damage):
    before = (saved_twice / "weights.safetensors").read_bytes()
    for name in ("checkpoint.safetensors", "checkpoint-before.safetensors"):
        damage(saved_twice / name)
    result = oodflow("train", "--resume", saved_twice)
    assert result.code == 1
    assert "checkpoint-before.safetensors is " in result.error
    assert "damage" in result.error
    assert (saved_twice / "weights.safetensors").read_bytes() == before


def test_weights_without_a_checkpoint_are_no_beginning(oodflow, saved_twice):
    before = (saved_twice / "weights.safetensors").read_bytes()
    for path in saved_twice.glob("checkpoint*.safetensors"):
        path.unlink()
    result = oodflow("train", "--resume", saved_twice)
    assert result.code == 1
    assert "checkpoint.safetensors is gone, without which training can't go on after step 3" in result.error
    assert (saved_twice / "weights.safetensors").read_bytes() == before


@pytest.mark.parametrize("damage", [cut_off, overwrite, empty])
def test_damaged_weights(oodflow, run, damage):
    damage(run / "weights.safetensors")
    result = oodflow("evaluate", run)
    assert result.code == 1
    assert f"{run / 'weights.safetensors'} is not a whole safetensors file" in result.error
    with pytest.raises(OodflowError, match="not a whole safetensors file"):
        package.load(run)


def test_files_in_each_others_place(oodflow, run, begun):
    checkpoint, weights = run / "checkpoint.safetensors", run / "weights.safetensors"
    (begun / "checkpoint.safetensors").write_bytes(weights.read_bytes())
    assert "is no checkpoint, or is damaged" in oodflow("train", "--resume", begun).error
    weights.write_bytes(checkpoint.read_bytes())
    assert (
        "does not hold a flow of this version of oodflow: its metadata lacks 'flow'" in oodflow("evaluate", run).error
    )


def test_checkpoint_of_another_configuration(oodflow, begun):
    config = json.loads((begun / "config.json").read_text())
    config["training"]["batch_size"] = 4
    (begun / "config.json").write_text(json.dumps(config))
    result = oodflow("train", "--resume", begun)
    assert result.code == 1
    assert "training.batch_size was 8 there and is 4 here" in result.error


def test_checkpoint_of_another_shape(oodflow, begun, monkeypatch):
    """The data of a configuration may come in another shape one day."""
    (begun / "record.json").unlink()
    build = RunDir(begun).config().flow.__class__.build
    monkeypatch.setattr("oodflow.flows.RealNVPConfig.build", lambda self, shape: build(self, (3, 8, 8)))
    result = oodflow("train", "--resume", begun)
    assert result.code == 1
    assert "does not fit the flow of its configuration" in result.error


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "the file"),
        ("{", "the file"),
        ("[]", "the file"),
        ("\xff", "the file"),
        ('{"recipe": "x"}', "scale"),
    ],
)
def test_damaged_config(oodflow, run, text, where):
    (run / "config.json").write_bytes(text.encode("latin-1"))
    for arguments in (["evaluate", run], ["train", "--resume", run]):
        result = oodflow(*arguments)
        assert result.code == 1
        assert f"{run / 'config.json'} is not valid at {where}: " in result.error


def test_config_with_a_field_that_is_unknown(oodflow, run):
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "colour": "red"}))
    assert "is not valid at colour: there is no such setting" in oodflow("evaluate", run).error


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff"])
def test_damaged_record(oodflow, run, content):
    (run / "record.json").write_bytes(content)
    for arguments in (["compare", run], ["evaluate", run], ["train", "--resume", run]):
        result = oodflow(*arguments)
        assert result.code == 1
        assert f"{run / 'record.json'} is damaged" in result.error
        assert "remove it" in result.error
    (run / "record.json").unlink()
    assert oodflow("evaluate", run).code == 0
    assert "has not been trained: run `oodflow train --resume" in oodflow("compare", run).error
    assert oodflow("train", "--resume", run).code == 0
    assert oodflow("compare", run).code == 0


def full(*arguments, **options):
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


def broken(*arguments, **options):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("fail", [full, broken])
def test_full_disk_keeps_the_former_checkpoint(oodflow, begun, trained, monkeypatch, fail):
    before = (begun / "checkpoint.safetensors").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("oodflow.flows.tensors.save_file", fail)
        result = oodflow("train", "--resume", begun)
    assert result.code == 1
    assert f"could not write {begun / 'checkpoint.safetensors'}: the disk is full; what stood there" in result.error
    assert (begun / "checkpoint.safetensors").read_bytes() == before
    assert hidden(begun) == []
    assert oodflow("train", "--resume", begun).code == 0  # with space again
    assert_same(tensors(begun), tensors(trained))


@pytest.fixture
def small_files():
    """Let the system itself refuse to write more than a little into a file."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_write_that_the_system_cuts_off(tmp_path, small_files):
    path = tmp_path / "checkpoint.safetensors"
    save_tensors(path, {"a": torch.zeros(100)}, {})
    before = path.read_bytes()
    with pytest.raises(OodflowError, match=r"could not write .*checkpoint\.safetensors: .*File too large"):
        save_tensors(path, {"a": torch.zeros(10_000)}, {})
    assert path.read_bytes() == before
    assert hidden(tmp_path) == []


def test_full_disk_while_logging(oodflow, begun, monkeypatch):
    real = type(begun).open

    def opened(self, mode="r", *arguments, **options):
        if self.name == "log.jsonl" and mode == "a":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, mode, *arguments, **options)

    monkeypatch.setattr(type(begun), "open", opened)
    result = oodflow("train", "--resume", begun)
    assert result.code == 1
    assert f"could not write {begun / 'log.jsonl'}: the disk is full" in result.error
