"""Nothing here depends on the data or the cache of whoever runs it."""

import pytest

from oodflow.runs import RunConfig, RunDir


@pytest.fixture(autouse=True)
def alone(own_folders):
    """Every test of this folder has folders of its own."""


@pytest.fixture
def config(trained) -> RunConfig:
    """That of the finished run."""
    return RunDir(trained).config()
