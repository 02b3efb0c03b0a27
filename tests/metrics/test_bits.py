import math

import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.metrics import bits_per_dim, nats_per_image


def test_a_uniform_8_bit_image_costs_8_bits_per_dim():
    dims = 3 * 32 * 32
    assert bits_per_dim(-dims * math.log(256), dims) == pytest.approx(8)


def test_nats_and_bits_invert_each_other_elementwise():
    log_prob = np.linspace(-9000.0, 10.0, 12).reshape(3, 4)
    np.testing.assert_allclose(nats_per_image(bits_per_dim(log_prob, 784), 784), log_prob)


@pytest.mark.parametrize("convert", [bits_per_dim, nats_per_image])
def test_dims_must_be_positive(convert):
    with pytest.raises(UsageError, match="dims is 0"):
        convert(1.0, 0)
