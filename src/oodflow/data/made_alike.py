"""Vectors of images, which only compare where one encoder made them in one way."""

from oodflow.data.sources import SOURCES
from oodflow.data.spec import Spec, parse
from oodflow.encoders import fingerprint
from oodflow.errors import UsageError


def require_made_alike(trained_on: str, spec: str) -> None:
    """Refuse vectors that are of another encoder, or brought to another length, than those that a flow was trained on.

    Encoders are told by their files, wherever these lie. Of vectors that lie in files nothing is known, and nothing is
    refused.

    Args:
        trained_on: the name of the data set.
        spec: the name of another.

    Raises:
        UsageError: they do not compare.
        NotThere: one of two encoders is not there.

    Example:
        >>> require_made_alike("cifar10?encoder=models/mobilenet&length=1", "svhn?encoder=models/mobilenet")
        Traceback (most recent call last):
            ...
        oodflow.errors.UsageError: the data set svhn?encoder=models/mobilenet holds vectors as long as they come and \
the flow was trained on such of length 1: write length=1.
    """
    own, other = parse(trained_on, SOURCES), parse(spec, SOURCES)
    if own.encoder is None or other.encoder is None:
        return
    if own.length != other.length:
        remedy = "leave length out" if own.length is None else f"write length={own.length:g}"
        raise UsageError(
            f"the data set {spec} holds vectors {_long(other)} and the flow was trained on such {_long(own)}: {remedy}."
        )
    if own.encoder != other.encoder and fingerprint(own.encoder) != fingerprint(other.encoder):
        raise UsageError(
            f"the data set {spec} holds vectors of another encoder than at training, which was {own.encoder}: write "
            f"encoder={own.encoder}."
        )


def _long(spec: Spec) -> str:
    return "as long as they come" if spec.length is None else f"of length {spec.length:g}"
