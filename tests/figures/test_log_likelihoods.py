import numpy as np

from oodflow.figures import Panel, Sample, log_likelihood_figure

EDGES = 10.0 ** np.arange(3, 5.2, 0.2)


def sample(role, place):
    counts = np.zeros(len(EDGES) - 1, int)
    counts[place : place + 2] = [30, 10]
    return Sample(f"the {role} set", role, EDGES, counts)


def panel(threshold=None):
    return Panel("A flow", [sample(role, place) for place, role in enumerate(("train", "test", "pushed", "other"))],
                 threshold)  # fmt: skip


def test_each_set_has_a_histogram_scaled_to_its_peak_and_all_but_the_trained_on_a_name():
    (axes,) = log_likelihood_figure([[panel(-20_000.0)]], title="Likelihoods").axes
    outlines = [patch.get_data() for patch in axes.patches if not patch.get_fill()]
    assert len(outlines) == 4
    for place, data in enumerate(outlines):
        assert data.values.max() == 1.0
        np.testing.assert_allclose(data.values[place : place + 2], [1, 1 / 3])
    names = [text.get_text() for text in axes.texts]
    assert names == ["the test set", "the pushed set", "the other set", " c"]
    assert axes.lines[0].get_xdata()[0] == 20_000


def test_panels_of_a_row_share_an_axis_on_which_the_likelier_lies_to_the_right():
    figure = log_likelihood_figure([[panel(), panel(-1e5)], [panel()]], title="Likelihoods")
    one, two, three = figure.axes
    assert one.get_xlim() == two.get_xlim()
    assert one.get_xlim()[0] > one.get_xlim()[1]
    assert one.get_xlim()[1] < EDGES[0] < EDGES[-1] < one.get_xlim()[0]
    assert not three.lines
    figure.canvas.draw()
    labels = [tick.get_text() for tick in one.get_xticklabels()]
    assert {"−1,000", "−10,000", "−100,000"} <= set(labels)
