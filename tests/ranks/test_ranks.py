"""Several processes do the work of one: the same steps, the same scores, and each error is told once."""

import json
import re
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from launching import ended, launch, together
from safetensors.torch import load_file

from copies import Program
from oodflow import ranks
from oodflow.data import ImageSet, TrainingBatches
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import load_tensors, save_tensors
from oodflow.statistics import Observation, PixelMoments
from oodflow.training.streams import load_part

pytestmark = pytest.mark.skipif(not torch.distributed.is_available(), reason="this PyTorch knows one process alone")
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def settings(sets) -> list[str]:
    """Arguments of ``train`` for a run without batch norms, whose steps do not turn rounding into more of it."""
    changes = [
        "flow.net=convnet",
        "training.batch_size=12",
        "training.optimiser=rmsprop",
        "training.checkpoint_every=5",
    ]
    return ["train", "photographs-realnvp", f"data={sets.inside}", f"ood={sets.outside}", "--scale", "smoke", *changes]


@pytest.fixture(scope="module")
def trained(settings, tmp_path_factory) -> Path:
    """A run of twelve steps that two processes have taken."""
    run = tmp_path_factory.mktemp("ranks") / "run"
    done = together(2, *settings, "training.steps=12", "--out", run)
    assert [one.code for one in done] == [0, 0], done
    assert "by 2 processes" in done[0].err
    assert done[0].err.count("Done. Next: ") == 1
    assert (done[1].out, done[1].err) == ("", "")
    return run


def named(name):
    return lambda text: f"{name}: {text}"


def weights(run):
    return load_file(run / "weights.safetensors")


def record_of(run):
    return json.loads((run / "record.json").read_text())["training"]


def steps_of(run):
    return record_of(run)["steps"]


@pytest.fixture(scope="module")
def of_one_process(tmp_path_factory) -> dict[str, torch.Tensor]:
    """Loss, gradients and buffers of all that is tried."""
    file = tmp_path_factory.mktemp("gradients") / "alone.safetensors"
    (alone,) = ended([Program([HERE / "gradients.py", file], {})])
    assert alone.code == 0, alone.err
    return load_file(file)


@pytest.mark.parametrize("count", [2, 3])
def test_gradients_are_those_of_one_process_on_the_joined_batch(count, of_one_process, tmp_path):
    """Of every registered flow, and with batch norms, with activations computed again and with a second set."""
    shared = tmp_path / "shared.safetensors"
    for one in ended(launch(count, [HERE / "gradients.py", shared])):
        assert one.code == 0, one.err
    expected, found = of_one_process, load_file(shared)
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(
            found[name], tensor, rtol=1e-8, atol=1e-9, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_training_is_that_of_one_process(oodflow, settings, trained, tmp_path):
    assert oodflow(*settings, "training.steps=12", "--out", tmp_path / "run").code == 0
    assert record_of(trained)["processes"] == 2
    assert "processes" not in record_of(tmp_path / "run")
    expected, found = weights(tmp_path / "run"), weights(trained)
    for name, tensor in expected.items():
        torch.testing.assert_close(
            found[name], tensor, rtol=1e-3, atol=1e-4, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_what_two_began_three_go_on_with(oodflow, settings, tmp_path):
    """Each stops together after a step that is saved, be one told to or all."""
    run = tmp_path / "run"
    begun = launch(2, ["-m", "oodflow", *settings, "training.steps=200000", "--out", run])
    stop_after(run, begun, signal.SIGTERM, [0])
    assert {one.code for one in ended(begun)} == {128 + signal.SIGTERM}
    step = steps_of(run)
    assert step > 0

    going_on = launch(3, ["-m", "oodflow", "train", "--resume", run])
    while steps_of(run) == step:
        assert all(process.poll() is None for process in going_on)
        time.sleep(0.05)
    for process in going_on:
        process.send_signal(signal.SIGTERM)  # not SIGINT, which is ignored where the tests run in the background
    first, *others = ended(going_on)
    assert first.code == 143
    assert f"Go on with `oodflow train --resume {run}`" in first.err
    assert [(one.code, one.out, one.err) for one in others] == [(143, "", "")] * 2
    assert steps_of(run) > step


def stop_after(run, processes, number, which):
    """Send a signal to some processes once they have saved something."""
    while not (run / "weights.safetensors").exists():
        assert all(process.poll() is None for process in processes)
        time.sleep(0.05)
    for rank in which:
        processes[rank].send_signal(number)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_after_one_is_killed_all_start_anew_and_nothing_else_changes(settings, trained, tmp_path):
    run = tmp_path / "run"
    command = [*settings, "training.steps=12", "--out", run]
    first, killed = ended(launch(2, [HERE / "disturbed.py", *command], OODFLOW_TEST_KILLED_AFTER="6"))
    assert killed.code == -signal.SIGKILL
    assert first.code == 1
    assert "another of the 2 processes has ended" in first.err
    assert "Traceback" not in first.err
    assert steps_of(run) in (5, 6), "of the checkpoint, or of what was whole when the other one ended"

    again = together(2, *command, TORCHELASTIC_RESTART_COUNT="1")
    assert [one.code for one in again] == [0, 0], again
    expected = weights(trained)
    for name, tensor in weights(run).items():
        assert torch.equal(tensor, expected[name]), name


def test_evaluation_and_detection_give_the_same_numbers_in_the_same_order(oodflow, trained, sets, tmp_path):
    count = 3
    asked = ["--batch-size", "7", "--scores", "likelihood", "combined"]
    assert oodflow("evaluate", trained, *asked).code == 0
    (expected,) = (trained / "evaluations").iterdir()
    lines = (expected / "scores.csv").read_bytes()
    for leftover in (trained / "evaluations", trained / "statistics"):
        leftover.rename(tmp_path / leftover.name)
    first, *others = together(count, "evaluate", trained, *asked)
    assert first.code == 0, first.err
    assert [(one.code, one.out, one.err) for one in others] == [(0, "", "")] * (count - 1)
    (found,) = (trained / "evaluations").iterdir()
    assert found.name == expected.name
    assert (found / "scores.csv").read_bytes() == lines

    images = np.load(sets.inside.removeprefix("npy:"))
    for number in range(5):
        np.save(tmp_path / f"{number}.npy", images[number : 2 * number + 1])
    (tmp_path / "empty").mkdir()
    files = [tmp_path / f"{number}.npy" for number in (3, 0, 4, 2, 1)] + [tmp_path / "missing.npy", tmp_path / "empty"]
    for one in (trained / "calibrations").glob("*"):
        one.rename(tmp_path / "calibration")
    alone = oodflow("detect", trained, *files, "--fpr", "0.2")
    first, *others = together(count, "detect", trained, *files, "--fpr", "0.2")
    assert first.code == alone.code == 1
    assert first.out == alone.out
    assert len(first.out.splitlines()) == 1 + 15 + 2
    assert [one.out for one in others] == [""] * (count - 1)


def test_an_error_of_all_is_told_once(settings, tmp_path):
    first, other = together(2, *settings, "training.batch_size=9", "--out", tmp_path / "run")
    assert first.code == other.code == 2
    assert "training.batch_size is 9, which 2 processes can't share evenly: take 8 or 10" in first.err
    assert other.err == ""
    assert not (tmp_path / "run").exists()


def test_what_one_process_does_is_not_done_by_several(oodflow, monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    refused = oodflow("masks", "--out", tmp_path / "masks.png")
    assert refused.code == 2
    assert "`oodflow masks` is done by one process" in refused.error
    refused = oodflow("--plugin", "json", "data", "list")
    assert "`oodflow data` is done by one process" in refused.error


def test_options_may_stand_before_what_is_shared(tmp_path):
    first, other = together(2, "--plugin", "json", "evaluate", tmp_path)
    assert first.code == other.code == 2
    assert "is not a run" in first.err
    assert other.err == ""


def test_processes_with_different_data_are_refused(settings, sets, tmp_path):
    images = np.load(sets.inside.removeprefix("npy:"))
    for rank in range(2):
        (tmp_path / str(rank)).mkdir()
        np.save(tmp_path / str(rank) / "images.npy", images[rank:])
    command = [one for one in settings if not one.startswith("data=")]
    first, other = ended(launch(2, [HERE / "disturbed.py", *command, "data=npy:images.npy", "--out", tmp_path / "run"],
                                OODFLOW_TEST_FOLDER=str(tmp_path)))  # fmt: skip
    assert first.code == other.code == 1
    assert "the processes have 2 different sets of data by the name npy:images.npy" in first.err
    assert other.err == ""
    assert not (tmp_path / "run").exists()


def test_an_error_of_one_is_that_of_all(settings, sets, tmp_path):
    """The one that has no data says so, and nobody waits for it."""
    (tmp_path / "0").mkdir()
    (tmp_path / "1").mkdir()
    np.save(tmp_path / "0" / "images.npy", np.load(sets.inside.removeprefix("npy:")))
    command = [one for one in settings if not one.startswith("data=")]
    first, other = ended(launch(2, [HERE / "disturbed.py", *command, "data=npy:images.npy", "--out", tmp_path / "run"],
                                OODFLOW_TEST_FOLDER=str(tmp_path)))  # fmt: skip
    assert first.code == other.code != 0
    assert first.err == ""
    assert re.fullmatch(r"oodflow: .*images\.npy.*\n", other.err)


def test_what_is_misused_by_one_alone_it_tells(settings, sets, tmp_path):
    images = np.load(sets.inside.removeprefix("npy:"))
    for rank, size in enumerate((8, 7)):
        (tmp_path / str(rank)).mkdir()
        np.save(tmp_path / str(rank) / "images.npy", images[..., :size, :size])
    command = [one for one in settings if not one.startswith("data=")]
    first, other = ended(launch(2, [HERE / "disturbed.py", *command, "data=npy:images.npy", "--out", tmp_path / "run"],
                                OODFLOW_TEST_FOLDER=str(tmp_path)))  # fmt: skip
    assert (first.code, first.err, other.code) == (2, "", 2)
    assert "can't be built for the 1x7x7 images of npy:images.npy" in other.err


def test_what_all_lack_is_told_once(settings, trained, tmp_path):
    for command in ([*settings, "--from", tmp_path / "none"], ["evaluate", trained, "--ood", "npy:none.npy"]):
        first, other = together(2, *command)
        assert first.code == other.code == 2
        assert first.err.count("oodflow: ") == 1
        assert "none" in first.err
        assert other.err == ""


def test_an_error_at_the_end_of_an_evaluation_is_that_of_all(trained, tmp_path):
    """The first one, which alone writes, can't."""
    run = Path(shutil.copytree(trained, tmp_path / "run", ignore=shutil.ignore_patterns("evaluations")))
    (run / "evaluations").write_bytes(b"no folder")
    first, *others = together(3, "evaluate", run)
    assert first.code == 1
    assert "evaluations" in first.err
    assert [(one.code, one.out, one.err) for one in others] == [(1, "", "")] * 2


def test_what_all_come_upon_in_an_evaluation_is_told_once(trained, tmp_path):
    run = Path(shutil.copytree(trained, tmp_path / "run", ignore=shutil.ignore_patterns("evaluations", "statistics")))
    tensors, notes = load_tensors(run / "weights.safetensors")
    huge = {name: tensor * 1e30 if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    save_tensors(run / "weights.safetensors", huge, notes)
    first, *others = together(3, "evaluate", run)
    assert first.code == 1
    assert first.err.count("oodflow: ") == 1
    assert "infinite or NaN" in first.err
    assert [(one.code, one.out, one.err) for one in others] == [(1, "", "")] * 2


def test_a_number_of_a_rank_without_others_hides_nothing(oodflow, monkeypatch, tmp_path):
    monkeypatch.setenv("RANK", "1")
    assert "is not a run" in oodflow("evaluate", tmp_path).error


def test_a_pass_that_is_shared_is_done_when_a_share_of_it_is(monkeypatch):
    """The first of two shows how far both are, if the other one is as quick."""
    monkeypatch.setattr(ranks, "share", lambda total: slice(0, total // 2))
    monkeypatch.setattr(ranks, "from_all", lambda mine: [mine, mine])
    seen, images = [], np.zeros((20, 1, 2, 2), np.uint8)
    progress = {"shared": True, "progress": lambda done, total: seen.append((done, total))}
    Observation(None, images, batch_size=5, **progress).collect([PixelMoments()])
    assert seen == [(10, 20), (20, 20)]


def test_a_share_of_a_batch_has_the_rows_and_the_noise_of_the_whole():
    """Whatever the number of values before it, odd or even."""
    rng = np.random.default_rng(0)
    for shape in ((1, 3, 3), (3, 2, 5), (2, 1, 1)):
        images = ImageSet.from_array(rng.integers(0, 256, (20, *shape), dtype=np.uint8))
        batches = TrainingBatches(images, 6, seed=4)
        whole = load_part(batches, 5, torch.device("cpu"), retreats=1)
        for rows in (slice(0, 2), slice(1, 4), slice(3, 6)):
            part = load_part(batches, 5, torch.device("cpu"), retreats=1, rows=rows)
            assert torch.equal(part.x, whole.x[rows])
            assert torch.equal(part.noise, whole.noise[rows])


def test_alone_nothing_is_shared():
    x = torch.randn(3)
    with ranks.joined(), ranks.one_batch():
        assert ranks.of_batch(x) is ranks.gathered(x) is ranks.all_agree(x) is x
    assert (ranks.rank(), ranks.count(), ranks.share(7), ranks.is_first()) == (0, 1, slice(0, 7), True)
    assert ranks.from_first(lambda: 5) == 5
    assert ranks.from_all(5) == [5]
    with pytest.raises(KeyError), ranks.everywhere():
        raise KeyError


@pytest.mark.parametrize("said", ["two", "-1", "1.5"])
def test_a_number_of_processes_that_is_none(said, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", said)
    with pytest.raises(UsageError, match="expected how many processes there are"):
        ranks.launched()


def test_processes_that_do_not_find_one_another(monkeypatch):
    values = {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "9"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with (
        pytest.raises(OodflowError, match="the 2 processes can't find one another"),
        ranks.joined(timedelta(seconds=1)),
    ):
        pass


def test_processes_that_are_started_anew_ask_only_one_another():
    """A launcher may keep the store, with what the former ones have written into it."""
    store = dist.HashStore()
    for _ in range(3):
        with ThreadPoolExecutor(3) as pool:
            places = list(pool.map(lambda own: ranks._of_this_start(store, own, 3, timedelta(seconds=30)), range(3)))
        for own, place in enumerate(places):
            assert not place.check([str(own)])
            place.set(str(own), "here")
        assert all(place.get(str(own)) == b"here" for place in places for own in range(3))
