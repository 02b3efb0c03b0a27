"""Nothing here depends on the data or the cache of whoever runs it."""

import pytest


@pytest.fixture(autouse=True)
def alone(own_folders):
    """Every test of this folder has folders of its own."""
