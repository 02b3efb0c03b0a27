"""Three lines of training in Python: whatever the data lie in, held-out data, early stopping, and bad input."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import oodflow
from oodflow.data import ImageSet, TrainingBatches
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import FLOWS, GlowConfig, RealNVPConfig, TabularConfig
from oodflow.nets import ConvNetConfig
from oodflow.session.early_stopping import HeldOut, mean_log_prob
from oodflow.training import Diverged, TrainingConfig, TrainState, seeded, train

CONFIG = RealNVPConfig(scales=2, width=4, net=ConvNetConfig())
IMAGES = np.cumsum(np.random.default_rng(0).integers(0, 30, (60, 1, 8, 8)), axis=3).astype(np.uint8)
VECTORS = np.random.default_rng(0).normal(size=(80, 5)) @ np.random.default_rng(1).normal(size=(5, 5))


def equal(first, second):
    ours, theirs = first.state_dict(), second.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture(scope="module")
def reference():
    return oodflow.fit(CONFIG, IMAGES, steps=6)


def test_it_is_the_training_loop(reference):
    """The same weights to the last bit as by the loop itself."""
    training = TrainingConfig(steps=6, batch_size=32, lr=2e-3, schedule="cosine", max_grad_norm=1000.0, ema_decay=0.995)
    images = ImageSet.from_array(IMAGES)
    with seeded(0):
        state = TrainState.start(CONFIG.build(images.shape), training)
    train(state, TrainingBatches(images, 32, 0), training)
    with state.evaluating() as flow:
        assert equal(flow, reference)
    assert not reference.training


def test_it_repeats_and_the_seed_decides(reference):
    before = torch.random.get_rng_state()
    assert equal(oodflow.fit(CONFIG, IMAGES, steps=6, seed=0), reference)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not equal(oodflow.fit(CONFIG, IMAGES, steps=6, seed=1), reference)


def test_what_it_returns_is_saved_and_loaded(reference, tmp_path):
    reference.save(tmp_path / "flow.safetensors")
    loaded = oodflow.load(tmp_path / "flow.safetensors")
    assert np.array_equal(loaded.log_prob(IMAGES), reference.log_prob(IMAGES))


class Items(Dataset):
    """One that knows length and items, and nothing else."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class Stream(IterableDataset):
    def __iter__(self):
        return iter(IMAGES)


def pictures():
    from PIL import Image

    return [Image.fromarray(image[0]) for image in IMAGES]


X = torch.from_numpy(IMAGES)


@pytest.mark.parametrize(
    "data",
    [
        X, IMAGES[:, 0], IMAGES.transpose(0, 2, 3, 1), TensorDataset(X), TensorDataset(X, torch.arange(60)),
        Items(IMAGES), Items(pictures()), Stream(), DataLoader(TensorDataset(X, X), batch_size=7),
        DataLoader(Items([(image, 3) for image in IMAGES]), batch_size=60),
    ],
    ids=["tensor", "grey", "channels last", "dataset", "with labels", "items", "pictures", "stream", "loader", "one"],
)  # fmt: skip
def test_wherever_the_images_lie(reference, data):
    assert equal(oodflow.fit(CONFIG, data, steps=6), reference)


def test_a_loader_that_shuffles_is_read_in_the_order_of_the_seed():
    loader = DataLoader(TensorDataset(X), batch_size=7, shuffle=True)
    first = oodflow.fit(CONFIG, loader, steps=3, seed=5)
    torch.rand(3)
    assert equal(oodflow.fit(CONFIG, loader, steps=3, seed=5), first)


def test_a_folder_and_a_data_set_by_name(tmp_path):
    (tmp_path / "pictures").mkdir()
    for i, picture in enumerate(pictures()):
        picture.save(tmp_path / "pictures" / f"{i:02}.png")
    by_path = oodflow.fit(CONFIG, tmp_path / "pictures", steps=3)
    assert equal(oodflow.fit(CONFIG, str(tmp_path / "pictures"), steps=3), by_path)
    assert equal(oodflow.fit(CONFIG, f"folder:{tmp_path}/pictures", steps=3), by_path)
    np.save(tmp_path / "images.npy", IMAGES)
    assert oodflow.fit(CONFIG, tmp_path / "images.npy", steps=3).shape == (1, 8, 8)
    assert oodflow.fit(CONFIG, "smooth?shape=1x8x8", steps=1).shape == (1, 8, 8)


@pytest.mark.parametrize("name", FLOWS)
def test_every_flow_by_name(name):
    data = VECTORS if FLOWS[name].rank == 1 else IMAGES
    flow = oodflow.fit(name, data, steps=2, width=4)
    assert np.isfinite(flow.log_prob(data[:4])).all()
    assert flow.config.width == 4


def test_vectors_are_learned():
    """At least as well as by the best normal, whose mean log-density follows from its covariance."""
    training = TrainingConfig(steps=400, batch_size=64, lr=3e-3)
    flow = oodflow.fit("tabular", VECTORS, training=training, width=32)
    before = TabularConfig(width=32).build((5,)).eval()
    assert flow.log_prob(VECTORS).mean() > before.log_prob(VECTORS).mean() + 1
    assert flow.log_prob(VECTORS).mean() > -(np.linalg.slogdet(np.cov(VECTORS.T))[1] + 5 * np.log(2 * np.pi * np.e)) / 2


def test_half_precision_is_taken():
    """Embeddings often come so; bfloat16, which NumPy has not, as what it stands for."""
    half = torch.from_numpy(VECTORS).bfloat16()
    expected = oodflow.fit("tabular", half.float(), steps=2, width=4)
    for data in (half, TensorDataset(half), DataLoader(TensorDataset(half), batch_size=9)):
        assert equal(oodflow.fit("tabular", data, steps=2, width=4), expected)
    assert oodflow.fit("tabular", half.half(), steps=2, width=4).dtype == torch.float32


def test_feature_maps_by_declaring_them():
    maps = np.random.default_rng(0).normal(size=(20, 4, 4, 4)).astype(np.float32)
    flow = oodflow.fit("realnvp", torch.from_numpy(maps), steps=2, width=4, domain="reals")
    assert flow.sample(3).dtype == torch.float32
    assert flow.sample(3).shape == (3, 4, 4, 4)
    assert flow.domain.constant == 0


def test_the_learned_prior_by_name():
    flow = oodflow.fit("realnvp", IMAGES, steps=5, width=4, prior="diagonal-normal")
    assert flow.prior.mean.abs().max() > 0


def test_the_best_weights_on_held_out_data_come_back():
    """A rate that ruins a small flow late: what comes back is from before."""
    training = TrainingConfig(steps=60, batch_size=16, lr=5e-3)
    looks = []
    held_out = ImageSet.from_array(IMAGES[40:])

    def look(state, report):
        if report.step % 5 == 0:
            with state.evaluating() as flow:
                looks.append(mean_log_prob(flow, held_out))

    best = oodflow.fit(CONFIG, IMAGES[:40], training=training, validation=IMAGES[40:], every=5, progress=look)
    assert len(looks) == 12
    assert mean_log_prob(best, held_out) == max(looks)


def test_training_ends_when_patience_does():
    """One image alone is held out, and is soon no likelier, since the others are of another kind."""
    steps = []
    held_out = np.random.default_rng(1).integers(0, 256, (4, 1, 8, 8), dtype=np.uint8)
    note = lambda state, report: steps.append(report.step)  # noqa: E731
    training = TrainingConfig(steps=200, batch_size=16, lr=1e-2)
    flow = oodflow.fit(CONFIG, IMAGES, training=training, validation=held_out, patience=2, every=3, progress=note)
    assert steps[-1] < 200
    assert steps[-1] % 3 == 0
    assert not flow.training


def test_a_share_is_held_out_by_the_seed_and_never_trained_on():
    seen = []

    images = np.arange(40, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 4, 4), np.uint8)
    batches = TrainingBatches.at

    def at(self, step, *rows):
        batch = batches(self, step, *rows)
        seen.extend(batch[:, 0, 0, 0].tolist())
        return batch

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingBatches, "at", at)
        config = GlowConfig(steps=1, width=2, net=ConvNetConfig())
        oodflow.fit(config, images, steps=12, validation=0.25, seed=3)
    assert len(set(seen)) == 30


def test_the_seed_decides_what_is_held_out():
    looked = []

    class Looked(HeldOut):
        def __init__(self, data, every, patience):
            super().__init__(data, every, patience)
            looked.append(data.fingerprint)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oodflow.session.fit.HeldOut", Looked)
        for seed in (3, 3, 4):
            oodflow.fit(CONFIG, IMAGES, steps=1, validation=0.25, seed=seed)
    assert looked[0] == looked[1] != looked[2]


@pytest.mark.parametrize(("patience", "looks"), [(1, 3), (2, 6), (None, 8)])
def test_patience_counts_looks_in_a_row_that_bring_nothing_better(patience, looks, monkeypatch):
    values = iter([-5.0, -4.0, -4.5, -3.0, -3.0, -3.5, -9.0, -9.0])
    monkeypatch.setattr("oodflow.session.early_stopping.mean_log_prob", lambda flow, data: next(values))
    oodflow.fit(CONFIG, IMAGES, steps=8, validation=0.25, patience=patience, every=1)
    assert 8 - len(list(values)) == looks


@pytest.mark.parametrize("validation", [None, 0.25])
@pytest.mark.parametrize("lr", [10.0, 1e4])
def test_a_flow_that_is_of_no_use_is_not_given_back(validation, lr):
    training = TrainingConfig(steps=8, batch_size=8, lr=lr)
    with pytest.raises(Diverged, match="this flow is of no use"):
        oodflow.fit("tabular", np.random.default_rng(0).normal(size=(80, 3)), training=training, validation=validation)


@pytest.mark.parametrize("progress", [True, False])
def test_no_terminal_no_bar(progress, capfd):
    oodflow.fit(CONFIG, IMAGES, steps=2, progress=progress)
    assert capfd.readouterr() == ("", "")


FLOATS = IMAGES.astype(np.float32)
BAD = {
    "in [0, 1]": (
        FLOATS / 255,
        r"with values from 0 to 0\.7\d+ but a realnvp is over 8-bit images.*\(255 \* data\)\.round",
    ),
    "float pixels": (FLOATS, r"data is float32 \[60, 1, 8, 8\] .*convert data to uint8, or say domain='reals'"),
    "negative": (FLOATS - 128, "scale it to 0 to 255 and convert it to uint8, or"),
    "int64": (IMAGES.astype(int), "data is int64 .*: convert data to uint8"),
    "bool": (IMAGES > 100, "data is bool .*: convert data to uint8"),
    "vectors": (VECTORS, "for vectors take the flow 'tabular'"),
    "NaN": (np.where(FLOATS > 150, np.nan, FLOATS), r"numbers of data are NaN or infinite, the first at \[\d+, 0, "),
    "empty": (IMAGES[:0], r"data is empty: its shape is \[0, 1, 8, 8\]"),
    "one image": (IMAGES[:1], r"data holds one datum, of shape \(1, 8, 8\): pass \[N, ...\] with at least 2"),
    "an image": (IMAGES[0], r"data is \[1, 8, 8\]: that is one image; pass many"),
    "rank": (IMAGES[None], r"data: shape \[1, 60, 1, 8, 8\] should be \[N,C,H,W\]"),
    "channels": (np.repeat(IMAGES, 9, 1), r"should be one of \[N,C,H,W\], .*, but it is none of these: bring it to"),
    "text": (np.array(["a", "b"]), "data is an array of <U1: expected numbers"),
    "objects": (np.array([IMAGES[0], None], dtype=object), "data is an array of object: expected numbers"),
    "list": ([1, 2], "data is a list: expected a NumPy array, a tensor, a Dataset"),
    "none": (None, "data is a NoneType: expected"),
    "name": ("fashion_mnst", "unknown data set 'fashion_mnst': did you mean 'fashion_mnist'"),
    "items of text": (Items(["a", "b"]), "data gives a str: expected x or"),
    "dictionaries": (Items([{"x": 1}]), "data gives a dict: expected x or"),
    "sizes": (Items([IMAGES[0], IMAGES[0, :, :4]]), "data gives data of several shapes"),
    "no items": (Items([]), "data is empty"),
    "no batches": (DataLoader(Items([])), "data is empty"),
    "odd": (IMAGES[..., :7], "even H and W"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", BAD)
def test_bad_data(name):
    data, message = BAD[name]
    with pytest.raises(UsageError, match=message) as caught:
        oodflow.fit(CONFIG, data, steps=2)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (IMAGES, r"data is uint8 \[60, 1, 8, 8\] but this tabular is over real tensors: convert it to float32"),
        (VECTORS[0], r"data is \[5\] but a tabular takes \[N, D\]"),
        ("smooth?shape=1x8x8", "a set of 8-bit images but this flow is over reals"),
        (np.full((4, 3), 0.1), r"all 4 rows of data are the same, so there is no spread to learn: take others"),
        (VECTORS[:, :1], r"its couplings change some columns .* but there is one: take 2 or more"),
        (np.full((4, 3), np.inf), r"12 numbers of data are NaN or infinite, the first at \[0, 0\]"),
    ],
)
def test_bad_vectors(data, message):
    with pytest.raises(UsageError, match=message):
        oodflow.fit("tabular", data, steps=2)


def test_a_path_that_is_no_folder(tmp_path):
    with pytest.raises(UsageError, match=r"nothing: expected a folder of pictures or a file \.npy"):
        oodflow.fit(CONFIG, tmp_path / "nothing")
    with pytest.raises(OodflowError, match=r"there is no such file"):
        oodflow.fit(CONFIG, tmp_path / "nothing.npy")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"flow": "realnvpp"}, "unknown flow 'realnvpp': did you mean 'realnvp'"),
        ({"flow": 3}, "flow is a int: expected one of"),
        ({"flow": "realnvp", "widht": 3}, "unknown setting of realnvp 'widht': did you mean 'width'"),
        ({"flow": "realnvp", "width": 0}, "width is 0: it should be at least 1"),
        ({"flow": "realnvp", "net": "resnit"}, "unknown net 'resnit'"),
        ({"width": 3}, "width came beside a configuration"),
        ({"steps": 0}, "steps is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"validation": 1.5}, "validation is 1.5: expected a share"),
        ({"validation": 0}, "validation is 0: expected a share"),
        ({"validation": IMAGES[..., :6]}, r"validation has shape \(1, 8, 6\) but data has \(1, 8, 8\)"),
        ({"validation": FLOATS}, "validation is float32"),
        ({"patience": 3}, "patience needs held-out data"),
        ({"every": 3}, "every needs held-out data"),
        ({"patience": 0, "validation": 0.1}, "patience is 0: expected a whole number from 1"),
        ({"patience": 1.5, "validation": 0.1}, "patience is 1.5: expected a whole number from 1"),
        ({"every": "often", "validation": 0.1}, "every is 'often': expected a whole number from 1"),
        ({"progress": "yes"}, "progress is 'yes': expected True, False, or what is to be called"),
        ({"training": {"lr": 1.0}}, "training is a dict: expected a TrainingConfig"),
        ({"validation": IMAGES}, "validation is the very data that is trained on"),
        ({"device": "gpu"}, "device is 'gpu': expected auto, cpu, cuda, cuda:1 or another of several GPUs, or mps"),
        ({"device": "cuda:1"}, "device is 'cuda:1' but torch finds no GPU here"),
        ({"training": TrainingConfig(steps=2, batch_size=100)}, "batch_size 100 is more than the 60 images"),
        ({"device": "cuda"}, "finds no GPU"),
    ],
)
def test_bad_arguments(arguments, message):
    if arguments.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(OodflowError, match=message):
        oodflow.fit(**{"flow": CONFIG, "data": IMAGES, **arguments})


def test_training_that_diverges_says_so():
    training = TrainingConfig(steps=100, batch_size=16, lr=1e18, max_skipped=2)
    with pytest.raises(Diverged, match=r"lower training\.lr"):
        oodflow.fit(CONFIG, IMAGES, training=training)
