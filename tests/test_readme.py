"""README's code runs, and its numbers are those that the program wrote."""

import re
from pathlib import Path

import torch

from oodflow.flows import RealNVPConfig, save_flow
from oodflow.nets import ConvNetConfig

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
USE, BUILD = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_flow_in_readme_is_one():
    names: dict = {}
    exec(BUILD, names)
    images = torch.randint(0, 256, (2, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert names["flow"].log_prob(images).isfinite().all()


def test_a_run_is_used_as_readme_says(tmp_path):
    config = RealNVPConfig(width=2, net=ConvNetConfig())
    save_flow(tmp_path / "weights.safetensors", config.build((1, 28, 28)))
    code = USE.replace("runs/fashion-mnist-realnvp-cpu", str(tmp_path / "weights.safetensors"))
    names: dict = {}
    exec(code, names)
    assert names["log_prob"].shape == (32,)
    assert names["z"].shape == (32, 784)
    assert names["samples"].shape == (16, 1, 28, 28)


def test_numbers_in_readme_are_those_in_results():
    written = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "results").glob("*.md"))
    rows = [line for line in README.splitlines() if re.match(r"\| (.*, \w+|[\w-]+) \| (cpu|paper)", line)]
    assert len(rows) >= 12
    for row in rows:
        assert row in written, row


def test_what_readme_says_of_the_demo_is_what_came_out():
    quote = " ".join(line.removeprefix("> ") for line in README.splitlines() if line.startswith("> "))
    assert quote
    assert f"> {quote}\n" in (ROOT / "results" / "demo.md").read_text(encoding="utf-8")


def test_every_file_that_readme_names_exists():
    for name in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / name).exists(), name
