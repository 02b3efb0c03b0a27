"""What a process is told before torch is loaded."""

import subprocess
import sys

import pytest

from oodflow.cli.process import keep_freed_memory, yield_when_waiting


@pytest.mark.parametrize(
    ("said", "expected"),
    [({}, "10000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)],
)
def test_threads_wait_shortly_unless_the_user_has_said_how(monkeypatch, said, expected):
    monkeypatch.setattr("os.environ", said)
    yield_when_waiting()
    assert said.get("GOMP_SPINCOUNT") == expected


def test_torch_is_not_loaded_before_threads_have_been_told():
    code = "import sys, oodflow.cli.main; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="it is glibc that is told")
def test_freed_memory_stays_with_the_process():
    code = """
from oodflow.cli.process import keep_freed_memory
keep_freed_memory()
import numpy as np
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
np.ones(40_000_000, dtype=np.uint8)
print(resident())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 40_000_000


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    keep_freed_memory()


def test_evaluation_does_not_wait_for_libraries_that_it_does_not_use():
    """Together these take as long to import as torch itself."""
    code = "import sys, oodflow.evaluation.evaluate; print({'sklearn', 'scipy', 'pandas'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
