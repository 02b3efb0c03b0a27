"""Sets of images as an encoder sees them: computed once, in pieces, and kept."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from oodflow.data import ImageSet, RealSet, embedded, load, load_images, shape_of
from oodflow.data.embedded import embed
from oodflow.data.made_alike import require_made_alike
from oodflow.encoders import Encoder, open_encoder
from oodflow.errors import OodflowError, UsageError
from oodflow.testing.encoders import save_encoder

pytest.importorskip("transformers", reason="an outside model needs transformers: oodflow[encoders]")


@pytest.fixture
def encoder(tmp_path):
    return save_encoder(tmp_path / "encoder")


@pytest.fixture
def images() -> ImageSet:
    return ImageSet.from_array(np.random.default_rng(0).integers(0, 256, (70, 3, 8, 8), dtype=np.uint8))


@pytest.fixture
def short_pieces(monkeypatch):
    monkeypatch.setattr(embedded, "PIECE", 32)


@pytest.fixture
def asked(monkeypatch) -> list[int]:
    """How many images an encoder is asked about, one number a call."""
    calls: list[int] = []
    real = Encoder.embed

    def counted(self, images, *rest):
        calls.append(len(images))
        return real(self, images, *rest)

    monkeypatch.setattr(Encoder, "embed", counted)
    return calls


def test_the_vectors_are_those_of_the_encoder(encoder, images, tmp_path, short_pieces):
    seen = []
    found = embed(images, encoder, cache=tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(32, 70), (64, 70), (70, 70)]
    assert (found.vectors.name, found.vectors.split, found.computed) == ("array", "test", 70)
    expected = open_encoder(encoder).embed(images.array)
    np.testing.assert_array_equal(found.vectors.batch(slice(None)), expected)
    assert found.vectors.fingerprint == RealSet.from_array(expected).fingerprint
    assert isinstance(found.vectors.array, np.memmap)
    assert [path.suffix for path in sorted(tmp_path.glob("embedded-*"))] == [".json", ".npy"]


def test_large_images_are_read_in_blocks(encoder, images, tmp_path, monkeypatch, asked):
    monkeypatch.setattr(embedded, "CHUNK_BYTES", 1000)
    found = embed(images, encoder, cache=tmp_path)
    assert asked == [32, 32, 6]
    np.testing.assert_array_equal(found.vectors.array, open_encoder(encoder).embed(images.array))


def test_nothing_is_computed_twice(encoder, images, tmp_path, asked):
    first = embed(images, encoder, cache=tmp_path)
    again = embed(images, save_encoder(tmp_path / "copy"), cache=tmp_path)
    assert (asked, again.computed, again.path) == ([70], 0, first.path)
    embed(images.limit(10), encoder, cache=tmp_path)
    embed(images, save_encoder(tmp_path / "wider", features=12), cache=tmp_path)
    assert asked == [70, 10, 70]


def test_a_computation_that_was_stopped_goes_on(encoder, images, tmp_path, short_pieces, asked):
    def stop(done: int, total: int) -> None:
        if done == 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed(images, encoder, cache=tmp_path, progress=stop)
    found = embed(images, encoder, cache=tmp_path)
    assert (asked, found.computed) == ([32, 32, 6], 6)
    np.testing.assert_array_equal(found.vectors.array, open_encoder(encoder).embed(images.array))


def test_what_is_damaged_is_computed_again(encoder, images, tmp_path, short_pieces, asked):
    found = embed(images, encoder, cache=tmp_path)
    found.path.write_bytes(found.path.read_bytes()[:500])
    pieces = found.path.with_suffix(".pieces")
    pieces.mkdir()
    (pieces / "0.npy").write_bytes(b"nothing")
    assert embed(images, encoder, cache=tmp_path).computed == 70
    assert asked == [32, 32, 6] * 2


def test_a_set_with_an_encoder_has_the_splits_and_rows_of_the_images(encoder, tmp_path):
    np.save(tmp_path / "own.npy", np.random.default_rng(1).integers(0, 256, (60, 1, 8, 8), dtype=np.uint8))
    plain = f"npy:{tmp_path / 'own.npy'}"
    spec = f"{plain}?encoder={encoder}"
    for split in ("train", "calibration", "test", "all"):
        found, images = load(spec, split, cache=tmp_path), load(plain, split, cache=tmp_path)
        assert (found.name, found.split, found.shape, len(found)) == (spec, split, (8,), len(images))
        assert isinstance(found, RealSet)
        np.testing.assert_array_equal(found.array, open_encoder(encoder).embed(images.batch(slice(None))))
    changed = load(f"{plain}?shape=3x4x4&mutated=0.3&encoder={encoder}", "test", cache=tmp_path)
    assert not np.array_equal(changed.array, load(spec, "test", cache=tmp_path).array)


def test_vectors_of_one_length(encoder, tmp_path):
    whole = load(f"noise?shape=3x8x8&encoder={encoder}", "test", cache=tmp_path)
    scaled = load(f"noise?shape=3x8x8&encoder={encoder}&length=2", "test", cache=tmp_path)
    x = whole.batch(slice(None))
    np.testing.assert_allclose(scaled.batch(slice(None)), 2 * x / np.linalg.norm(x, axis=1, keepdims=True), rtol=1e-6)
    assert (len(scaled), scaled.shape, scaled.batch([0]).dtype) == (len(whole), whole.shape, np.float32)
    few = scaled.limit(7)
    np.testing.assert_array_equal(few.batch([3]), scaled.batch([3 * len(scaled) // 7]))
    assert len({whole.fingerprint, scaled.fingerprint, few.fingerprint}) == 3


def test_only_vectors_that_were_made_alike_compare(encoder, tmp_path):
    copied, another = shutil.copytree(encoder, tmp_path / "copied"), save_encoder(tmp_path / "another", features=4)
    own = f"flat?encoder={encoder}"
    for other in (f"smooth?encoder={encoder}", f"smooth?shape=3x8x8&encoder={copied}", "npz:vectors.npz", "wine"):
        require_made_alike(own, other)
        require_made_alike(other, own)
    for trained_on, other, remedy in (
        (own, f"smooth?encoder={encoder}&length=1", "leave length out"),
        (f"{own}&length=2", f"smooth?encoder={encoder}", "write length=2"),
        (f"{own}&length=2", f"smooth?encoder={encoder}&length=1", "write length=2"),
        (own, f"smooth?encoder={another}", f"write encoder={encoder}"),
    ):
        with pytest.raises(UsageError, match=rf"^the data set {re.escape(other)} holds vectors .*: {remedy}\.$"):
            require_made_alike(trained_on, other)


def test_notes_of_images_are_those_of_their_vectors(encoder, images, tmp_path):
    noted = replace(images, note="partial: 70 of 90 images")
    assert embed(noted, encoder, cache=tmp_path).vectors.note == noted.note


def test_the_width_is_known_before_anything_is_read(encoder):
    assert shape_of(f"cifar10?encoder={encoder}") == (8,)


def test_what_can_not_be_embedded(encoder, tmp_path):
    with pytest.raises(UsageError, match="array can't be embedded: the encoder takes grey or RGB images, and array"):
        embed(ImageSet.from_array(np.zeros((3, 2, 8, 8), np.uint8)), encoder, cache=tmp_path)
    with pytest.raises(UsageError, match="encoder is empty: write a folder or the name of a model"):
        load("flat?encoder=", "test")
    with pytest.raises(OodflowError, match="the encoder nowhere is neither a folder nor a model that was downloaded"):
        load("flat?encoder=nowhere", "test", cache=tmp_path)
    with pytest.raises(UsageError, match=re.escape("holds vectors, and images are needed here: leave encoder=nowhere")):
        load_images("flat?encoder=nowhere", "test")
