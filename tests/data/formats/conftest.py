import resource
from pathlib import Path

import pytest


@pytest.fixture
def limited():
    """Runs what reads hostile files, with room for 256 MB more than the process has now."""

    def run(read):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (256 << 20), hard))
        try:
            read()
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

    return run
