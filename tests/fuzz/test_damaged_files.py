"""Every reader says in one typed error what is wrong with a file: no crash, no gigabytes, no traceback.

``make fuzz`` tries many more cases, and others each time that ``OODFLOW_FUZZ_SEED`` is another.
"""

import json
import os
from pathlib import Path

import pytest

from copies import COPIES

from .child import main
from .readers import READERS

CASES, SEED = int(os.environ.get("OODFLOW_FUZZ", "15")), int(os.environ.get("OODFLOW_FUZZ_SEED", "0"))

TO = Path(os.environ["OODFLOW_FUZZ_TO"]).absolute() if os.environ.get("OODFLOW_FUZZ_TO") else None
"""Where to write what came, for the page that `oodflow reliability` makes."""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited by what Linux tells of it")
@pytest.mark.parametrize("name", READERS)
def test_damage_is_told_in_one_error(name, tmp_path):
    if name == "parquet":
        pytest.importorskip("pyarrow")
    case, came_to, told = (tmp_path / file for file in ("case", "came.json", "told.txt"))
    process = COPIES.Process(target=main, args=(name, SEED, CASES, case, came_to, told))
    process.start()
    process.join(60 + CASES)
    if process.is_alive():
        process.kill()
        process.join()
    assert process.exitcode == 0, f"exit {process.exitcode}; the file is {case}\n{told.read_text()[-3000:]}"
    came = json.loads(came_to.read_text())
    assert came["read"] + came["refused"] == CASES + 1
    assert came["read"] >= 1, "the sound file"
    print(name, came)
    if TO is not None:
        with TO.open("a", encoding="utf-8") as file:
            counts = {"accepted": came["read"], "refused": came["refused"], "slowest": round(came["slowest"], 3)}
            file.write(json.dumps({"format": name, **counts}) + "\n")
