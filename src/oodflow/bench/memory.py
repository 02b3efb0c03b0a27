"""Peak memory of training, each configuration in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

from oodflow.bench.record import Memory
from oodflow.errors import OodflowError

STEPS = 2  # the second has everything in memory: weights, gradients, moments and what the backward pass needs


def measure(recipe: str, scale: str, memory: str = "stored") -> Memory:
    """Train a recipe for a few steps in a new process and tell how far its memory grew.

    Args:
        recipe: name of the recipe.
        scale: its scale.
        memory: its ``training.memory``.

    Raises:
        OodflowError: when the process fails, for want of memory for one.
    """
    code = "import sys; from oodflow.bench.memory import main; main(*sys.argv[1:])"
    command = [sys.executable, "-c", code, recipe, scale, memory]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise OodflowError(f"{recipe} at {scale} scale could not be trained in a process of its own: {last[0]}.")
    before, after = json.loads(done.stdout)
    return Memory(import_bytes=before, growth_bytes=after - before)


def peak() -> int:
    """Tell the most memory that this process has had, in bytes.

    Linux has it under ``VmHWM``; what ``getrusage`` says is inherited from the process that started this one. Elsewhere
    there is only the latter.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    import resource  # there is none on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(recipe: str, scale: str, memory: str) -> None:
    """Train for a few steps; print the peaks before and after, as JSON."""
    from oodflow.bench.throughput import Subject
    from oodflow.recipes import RECIPES

    before = peak()
    subject = Subject.of(RECIPES[recipe](scale))
    for _ in range(STEPS):
        subject.step(memory)
    print(json.dumps([before, peak()]))
