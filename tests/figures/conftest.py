"""Here pictures are what is looked at."""

import pytest


@pytest.fixture(autouse=True)
def looked_at(rendered) -> None:
    """Render them."""
