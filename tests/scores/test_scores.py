"""The formulas, on evidence small enough to work out by hand."""

import numpy as np
import pytest

from oodflow.data import ImageSet
from oodflow.scores import CompressedSize, Evidence, InputComplexity, Likelihood, Typicality, compression


def evidence(log_prob, images=None):
    pixels = np.zeros((len(log_prob), 1, 8, 8), np.uint8) if images is None else images
    return Evidence(ImageSet.from_array(pixels), np.asarray(log_prob, np.float64), seed=0, draws=1)


def test_likelihood_is_the_negative_log_likelihood():
    assert Likelihood().score(evidence([-3.0, 2.0])).tolist() == [3.0, -2.0]


def test_typicality_is_the_distance_from_the_reference_mean():
    typicality = Typicality().fit(evidence([-10.0, -14.0]))
    assert typicality.entropy == 12.0
    assert typicality.score(evidence([-9.0, -12.0, -20.0])).tolist() == [3.0, 0.0, 8.0]


def test_typicality_can_be_fitted_again():
    typicality = Typicality().fit(evidence([-10.0])).fit(evidence([-20.0]))
    assert typicality.score(evidence([-20.0])).tolist() == [0.0]


def test_complexity_is_the_difference_of_two_code_lengths_in_bits():
    seen = evidence([-100 * np.log(2)], np.random.default_rng(0).integers(0, 256, (1, 3, 8, 8), dtype=np.uint8))
    assert InputComplexity().score(seen) == pytest.approx(100 - seen.compressed_bits)
    assert CompressedSize().score(seen) == pytest.approx(-seen.compressed_bits)


def test_complexity_and_compressed_size_compress_each_image_once(monkeypatch):
    seen, calls = evidence([-1.0, -2.0]), []
    compress = compression.compress
    monkeypatch.setattr(compression, "compress", lambda *args: calls.append(args) or compress(*args))
    InputComplexity().score(seen)
    CompressedSize().score(seen)
    assert len(calls) == 2 * len(compression.COMPRESSORS)
