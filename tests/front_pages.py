"""README, and what of docs/ tells with numbers what came out: held against the records together."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def _page(name: str, section: str = "") -> str:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^## {section}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[0] if section else text


README = _page("README.md")
FRONT = "\n".join([
    README, _page("docs/training.md"), _page("docs/scores.md", "Which one"),
    _page("docs/explaining.md", "What it shows"),
    *(_page(f"docs/{name}.md") for name in ("flows", "python", "speed")),
])  # fmt: skip
