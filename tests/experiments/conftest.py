"""Nothing here depends on the data or the cache of whoever runs it."""

import pytest


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    """No data sets on disk, an empty cache, and a working directory of its own."""
    monkeypatch.setenv("OODFLOW_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("OODFLOW_CACHE", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
