"""What is counted, and which limit it counts with."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from oodflow.bench import throughput
from oodflow.bench.flops import Probe, count
from oodflow.bench.throughput import Subject, shape_of
from oodflow.recipes import RECIPES

# 25 pixels: 3x3 of 2 to 4 channels, 1x1 of 4 to 8, then 8 numbers to 3.
NET = nn.Sequential(
    nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 8, 1), nn.AvgPool2d(5), nn.Flatten(), nn.Linear(8, 3)
)
THICK, THIN, DENSE = 2 * 25 * 9 * 2 * 4, 2 * 25 * 4 * 8, 2 * 8 * 3


def test_a_known_net_forward():
    work = count(lambda: NET(torch.zeros(1, 2, 5, 5)))
    assert work.flop == THICK + THIN + DENSE
    assert work.probes == {Probe(8, (5, 5)): THICK + THIN, Probe(8, ()): DENSE}


def test_a_known_net_forward_and_backward():
    work = count(lambda: NET(torch.zeros(3, 2, 5, 5)).sum().backward())
    assert work.flop == 3 * (2 * THICK + 3 * THIN + 3 * DENSE)  # the images themselves need no gradient
    assert sum(work.probes.values()) == 3 * (THICK + THIN + DENSE)


def test_the_function_counts_as_the_module_does():
    x, weight = torch.zeros(1, 2, 5, 5), torch.zeros(4, 2, 3, 3)
    assert count(lambda: conv2d(x, weight, padding=1)).probes == {Probe(4, (5, 5)): THICK}


def test_each_size_has_the_limit_of_its_widest_layer():
    subject = Subject.of(RECIPES["fashion-mnist-realnvp"]("cpu"))
    scoring, training = subject.work()
    assert set(scoring.probes) == {Probe(32, (28, 28)), Probe(64, (14, 14))}
    assert 2.9 * scoring.flop < training.flop < 3 * scoring.flop


@pytest.mark.parametrize("recipe", ["fashion-mnist-glow", "cifar10-realnvp", "bottleneck-fashion-mnist-10"])
def test_nearly_all_that_is_computed_has_a_limit(recipe):
    scoring, _ = Subject.of(RECIPES[recipe]("cpu")).work()
    assert 0.98 * scoring.flop < sum(scoring.probes.values()) <= scoring.flop


def test_flop_an_image_do_not_depend_on_how_many_are_counted(monkeypatch):
    subject = Subject.of(RECIPES["fashion-mnist-glow"]("smoke"))
    two = subject.work()
    monkeypatch.setattr(throughput, "COUNTED", 3)
    assert subject.work() == two


def test_shapes_are_known_without_the_data():
    assert shape_of("fashion_mnist") == (1, 28, 28)
    assert shape_of("celeba?shape=3x64x64") == (3, 64, 64)
