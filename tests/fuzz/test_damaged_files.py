"""Every reader says in one typed error what is wrong with a file: no crash, no gigabytes, no traceback.

``make fuzz`` tries many more cases, and others each time that ``OODFLOW_FUZZ_SEED`` is another.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .readers import READERS

CASES, SEED = int(os.environ.get("OODFLOW_FUZZ", "15")), int(os.environ.get("OODFLOW_FUZZ_SEED", "0"))

TO = Path(os.environ["OODFLOW_FUZZ_TO"]).absolute() if os.environ.get("OODFLOW_FUZZ_TO") else None
"""Where to write what came, for the page that `oodflow reliability` makes."""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited by what Linux tells of it")
@pytest.mark.parametrize("name", READERS)
def test_damage_is_told_in_one_error(name, tmp_path):
    if name == "parquet":
        pytest.importorskip("pyarrow")
    case = tmp_path / "case"
    command = [sys.executable, "-m", "tests.fuzz.child", name, str(SEED), str(CASES), str(case)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, timeout=60 + CASES)
    assert done.returncode == 0, f"exit {done.returncode}; the file is {case}\n{done.stderr[-3000:]}"
    came = json.loads(done.stdout)
    assert came["read"] + came["refused"] == CASES + 1
    assert came["read"] >= 1, "the sound file"
    print(name, came)
    if TO is not None:
        with TO.open("a", encoding="utf-8") as file:
            counts = {"accepted": came["read"], "refused": came["refused"], "slowest": round(came["slowest"], 3)}
            file.write(json.dumps({"format": name, **counts}) + "\n")
