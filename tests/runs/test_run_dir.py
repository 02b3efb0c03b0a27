"""A run's folder holds what belongs together, or says what does not."""

import pytest

import oodflow as package
from oodflow.errors import OodflowError
from oodflow.flows import GlowConfig, save_flow


def test_weights_of_another_flow_are_refused(oodflow, tiny, tmp_path):
    run = tmp_path / "run"
    assert oodflow(*tiny, "--out", run).code == 0
    config = package.load(run).config
    save_flow(run / "weights.safetensors", GlowConfig(width=2, steps=1).build((1, 8, 8)))
    for asked in (["evaluate", run], ["explain", run]):
        refused = oodflow(*asked)
        assert refused.code == 1
        assert "weights.safetensors holds another flow (Glow" in refused.error
        assert "config.json is of" in refused.error
    assert package.load(run / "weights.safetensors").config.kind == "glow"

    save_flow(run / "weights.safetensors", config.model_copy(update={"width": 9}).build((1, 8, 8)))
    with pytest.raises(OodflowError, match="holds another flow"):
        package.load(run)
    save_flow(run / "weights.safetensors", config.build((1, 8, 8)))
    assert package.load(run).config == config


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_configuration_in_another_encoding_is_told(oodflow, run, encoding):
    file = run / "config.json"
    file.write_text(file.read_text(encoding="utf-8"), encoding=encoding)
    refused = oodflow("evaluate", run)
    assert refused.code == 1
    assert refused.error == (
        f"oodflow: {file} is in UTF-16, or begins with a byte order mark, as some editors save files: save it in UTF-8 "
        "without one."
    )
