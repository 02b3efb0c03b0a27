"""ROC curves as drawn: every curve there, its area in the key, the best first."""

import numpy as np
from matplotlib.colors import to_hex

from oodflow.figures import RocCurve, roc_figure
from oodflow.metrics import auroc, roc


def test_each_set_has_a_panel_and_each_score_a_curve_and_its_area():
    rng = np.random.default_rng(0)
    inside = rng.normal(size=50)
    outside = {"near": rng.normal(0.5, 1, 41), "far": rng.normal(3, 1, 30)}
    scores = {"likelihood": 1, "typicality": -1}
    curves = {
        name: {
            score: RocCurve(*roc(sign * inside, sign * values), auroc(sign * inside, sign * values))
            for score, sign in scores.items()
        }
        for name, values in outside.items()
    }
    figure = roc_figure(curves, title="Scores")
    panels = [axes for axes in figure.axes if axes.get_xlabel()]
    assert len(panels) == 2
    for axes, values in zip(panels, outside.values(), strict=True):
        *_, best, worst = (line.get_xydata() for line in axes.get_lines())
        for curve, sign in ((best, 1), (worst, -1)):
            assert np.trapezoid(curve[:, 1], curve[:, 0]) / 1e4 == auroc(sign * inside, sign * values)
    written = [text.get_text() for text in figure.texts]
    areas = [f"{100 * auroc(inside, values):.1f} %  likelihood" for values in outside.values()]
    assert written[:5] == ["Scores", "near", areas[0], written[3], "far"]
    assert areas[1] in written


def test_of_many_the_first_and_the_best_have_colours_of_their_own_and_the_rest_is_grey():
    line = np.linspace(0, 1, 3)
    curves = {
        name: {f"score {place}": RocCurve(line, line, area) for place, area in enumerate(areas)}
        for name, areas in {"a": np.arange(10) / 10, "b": np.arange(10) / 20}.items()
    }
    figure = roc_figure(curves, title="Scores", note="Scores of groups are not drawn: b.")
    panels = [axes for axes in figure.axes if axes.get_xlabel()]
    for axes in panels:
        colours = [to_hex(line.get_color()) for line in axes.get_lines() if line.get_linewidth() == 1.6]
        assert len(colours) == len({*colours}) == 6
    keys = [axes.get_lines()[0] for axes in figure.axes if not axes.get_xlabel()]
    assert [key.get_linewidth() == 1.6 for key in keys] == 2 * [*[True] * 5, *[False] * 4, True]
    curves["b"]["score 1"] = RocCurve(line, line, 0.99)
    (one,) = [axes for axes in roc_figure(curves, title="Scores").axes if axes.get_xlabel()][1:]
    assert one.get_lines()[1].get_linewidth() == 1.6, "the best of a set, be it poor elsewhere"
    assert "Scores of groups are not drawn: b." in [text.get_text() for text in figure.texts]


def test_an_area_is_that_of_tables():
    """Not one summed up anew, which may be rounded otherwise."""
    line = np.linspace(0, 1, 3)
    figure = roc_figure({"a": {"likelihood": RocCurve(line, line, 0.4814)}}, title="Scores")
    assert "48.1 %  likelihood" in [text.get_text() for text in figure.texts]
