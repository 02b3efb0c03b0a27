import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from oodflow.errors import UsageError
from oodflow.figures import Row, image_grid, likelihood_figure, save_figure


def figure():
    rng = np.random.default_rng(0)
    rows = [Row("in", rng.integers(0, 256, (8, 1, 8, 8), dtype=np.uint8), rng.normal(3, 1, 100))]
    return likelihood_figure(rows, dims=64, title="One")


@pytest.mark.parametrize("suffix", [".png", ".svg", ".PNG"])
def test_same_figure_same_bytes_and_nothing_left_behind(tmp_path, suffix):
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        save_figure(figure(), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == paths


def test_png_has_the_pixels_of_the_figure(tmp_path):
    save_figure(figure(), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == 1350
        assert "Software" not in picture.info


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"ends in '\.pdf': a figure is saved as \.png or \.svg"):
        save_figure(figure(), tmp_path / "a.pdf")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    broken = figure()
    monkeypatch.setattr(broken, "savefig", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_figure(broken, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_may_draw_and_save_at_once(tmp_path):
    def draw(i):
        save_figure(image_grid(np.full((4, 1, 8, 8), 60 * i, np.uint8), 2), tmp_path / f"{i}.svg")

    threads = [threading.Thread(target=draw, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = tmp_path / "alone.svg"
    save_figure(image_grid(np.full((4, 1, 8, 8), 120, np.uint8), 2), alone)
    assert (tmp_path / "2.svg").read_bytes() == alone.read_bytes()


def test_figures_need_neither_torch_nor_pyplot():
    code = "import oodflow.figures, sys; print([m for m in ('torch', 'matplotlib.pyplot') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
