import pytest

from oodflow.data import Source, load


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty data root, and nothing in packages of the system."""
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    path = tmp_path / "data"
    path.mkdir()
    return path


@pytest.fixture
def cache(tmp_path):
    """Where decoded images go."""
    return tmp_path / "cache"


@pytest.fixture
def open_set(root, cache):
    """``load`` with this test's own folders."""

    def open_one(spec: str, split: str = "test"):
        return load(spec, split, root=root, cache=cache)

    return open_one


@pytest.fixture
def pixels(root, cache):
    """All pixels of a part, straight from the source's reader."""

    def read(source: Source, part: str, shape=None):
        return list(source.chunks(part, root, shape or source.shape))

    return read
