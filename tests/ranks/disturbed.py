"""Run by several processes: ``oodflow``, in a folder of each, or with the second one killed after some steps."""

import os
import signal
import sys
from pathlib import Path

from oodflow.cli import main
from oodflow.training.state import TrainState


def die_after(step):
    """Let this process be killed once it has taken a step."""
    count = TrainState.count_step

    def count_and_die(self, taken):
        count(self, taken)
        if self.step == step:
            os.kill(os.getpid(), signal.SIGKILL)

    TrainState.count_step = count_and_die


if __name__ == "__main__":
    rank = os.environ["RANK"]
    if folder := os.environ.get("OODFLOW_TEST_FOLDER"):
        os.chdir(Path(folder) / rank)
    if (step := os.environ.get("OODFLOW_TEST_KILLED_AFTER")) and rank == "1":
        die_after(int(step))
    sys.exit(main())
