"""Whether a flow is of any use after its training: whether its likelihoods can be told apart."""

LARGEST = 2.0**24
"""Nats beyond which float32 has no two numbers that are one apart."""

OF_NO_USE = (
    "are not finite, or too large to be told apart: this flow is of no use. Train it with a lower training.lr, or "
    "fewer steps."
)


def is_sound(log_prob: float) -> bool:
    """Tell whether the mean log-probability of data, in nats, is that of a flow that can tell data apart.

    Example:
        >>> is_sound(-2_000.0), is_sound(-1e9), is_sound(float("nan"))
        (True, False, False)
    """
    return abs(log_prob) <= LARGEST  # false for NaN, too
