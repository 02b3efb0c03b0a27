import numpy as np
import pytest

from oodflow.figures import Line, curve_figure


@pytest.mark.parametrize("count", [1, 7, 36])
def test_each_run_has_a_line_in_both_panels_and_a_name_in_the_key(count):
    seconds = np.linspace(1, 400, 9)
    lines = [Line(f"run {i}", seconds, 4 + i / np.arange(1, 10), 10 * np.ones(9) + i, "mnist") for i in range(count)]
    figure = curve_figure(lines, title="Runs", split="calibration", by="time")
    upper, lower = figure.axes[:2]
    assert upper.get_ylabel() == "bits/dim of calibration images"
    assert len(upper.lines) == count
    assert len(lower.lines) == count + 1  # and the line of chance
    np.testing.assert_array_equal(upper.lines[-1].get_ydata(), lines[-1].bits_per_dim)
    np.testing.assert_array_equal(lower.lines[0].get_ydata(), lines[0].auroc)
    said = [text.get_text() for text in figure.texts]
    assert all(f"run {i} (AUROC: mnist)" in said for i in range(count))
    looks = {(line.get_color(), str(line._unscaled_dash_pattern)) for line in upper.lines}
    assert len(looks) == count


def test_lines_of_one_name_look_alike_and_are_once_in_the_key():
    lines = [Line(name, [1, 2], [4, 3], [20, 10], "mnist") for name in ("narrow", "wide", "narrow")]
    figure = curve_figure(lines, title="Runs", split="calibration", by="time")
    narrow, wide, again = figure.axes[0].lines
    assert narrow.get_color() == again.get_color() != wide.get_color()
    assert [text.get_text() for text in figure.texts][1:] == ["narrow (AUROC: mnist)", "wide (AUROC: mnist)"]


def test_a_run_that_was_asked_about_nothing_has_bits_alone():
    figure = curve_figure([Line("run", [1, 2], [4, 3], [], "")], title="Runs", split="calibration", by="time")
    assert len(figure.axes[0].lines) == 1
    assert len(figure.axes[1].lines) == 1


@pytest.mark.parametrize("seconds", [(0.02, 0.045), (0.4, 0.9), (1, 400), (4000, 5000)])
def test_the_time_axis_is_always_labelled(seconds):
    figure = curve_figure(
        [Line("run", seconds, [4, 3], [50, 40], "mnist")], title="Runs", split="calibration", by="time"
    )
    figure.canvas.draw()
    for axes in figure.axes[:2]:
        assert len([tick for tick in axes.get_xticklabels() if tick.get_text()]) >= 2


def test_steps_are_an_axis_too():
    figure = curve_figure([Line("run", (600, 2400), [4, 3], [], "")], title="Runs", split="test", by="steps")
    figure.canvas.draw()
    labels = [tick.get_text() for tick in figure.axes[1].get_xticklabels()]
    assert [label for label in labels if label] == ["1,000", "2,000"]
    assert figure.axes[1].get_xlabel() == "training steps"
