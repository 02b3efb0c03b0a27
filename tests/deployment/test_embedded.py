"""``oodflow detect`` with flows over what an outside model makes of images: pictures go in, and vectors."""

import numpy as np
import pytest
from PIL import Image

import oodflow as package
from oodflow.data import load
from oodflow.testing.encoders import save_encoder

from .conftest import column

pytest.importorskip("transformers", reason="an outside model needs transformers: oodflow[encoders]")


@pytest.mark.parametrize("options", ["", "&length=1"])
def test_pictures_arrays_and_vectors(oodflow, detect, stdin, own_folders, sets, tmp_path, options):
    made = f"encoder={save_encoder(tmp_path / 'encoder')}{options}"
    run = tmp_path / "run"
    data = f"data={sets.inside}?shape=1x8x8&{made}"
    assert oodflow("train", "embeddings-realnvp", data, "--scale", "smoke", "--out", run).code == 0
    images, vectors = load(sets.outside, "all"), load(f"{sets.outside}?{made}", "all")
    expected = (-package.load(run).log_prob(vectors.batch(slice(None)))).tolist()
    photos = tmp_path / "photos"
    photos.mkdir()
    for i, image in enumerate(images.batch(slice(None))):
        Image.fromarray(image[0]).save(photos / f"{i:02}.png")
    (photos / "99.png").write_bytes(b"no picture")
    np.save(
        tmp_path / "vectors.npy", load(f"{sets.outside}?{made.removesuffix('&length=1')}", "all").batch(slice(None))
    )
    array = sets.outside.removeprefix("npy:")
    result = detect(run, photos, array, tmp_path / "vectors.npy", photos / "03.png", photos / "none.png")
    assert result.code == 1
    scores, n = column(result, "score"), len(images)
    assert scores[:n] == pytest.approx(expected, rel=1e-4)
    assert scores[n + 1 :] == [
        *(pytest.approx(one, rel=1e-4) for one in [*expected, *expected, expected[3]]), None,
    ]  # fmt: skip
    assert "99.png: this picture cannot be read" in column(result, "error")[n]
    assert "none.png" in column(result, "error")[-1]
    stdin(f"{photos / '05.png'}\n".encode())
    assert column(detect(run, "-", "--stdin", "names"), "score") == pytest.approx([expected[5]], rel=1e-4)


def test_images_whose_size_is_not_known(oodflow, detect, own_folders, sets, tmp_path):
    data, run = f"data={sets.inside}?encoder={save_encoder(tmp_path / 'encoder')}", tmp_path / "run"
    assert oodflow("train", "embeddings-realnvp", data, "--scale", "smoke", "--out", run).code == 0
    (error,) = column(detect(run, tmp_path), "error")
    assert "images whose size is not known: name it when you train, with ?shape=CxHxW" in error
