"""Images some of whose values have been replaced by noise: what a background flow is trained on."""

import hashlib
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from oodflow.data.image_set import Images, ImageSet

SALT = b"mutated 1"  # fixed for good: changing it changes every mutated image


@dataclass(frozen=True, eq=False, repr=False)
class MutatedImageSet(ImageSet):
    """An image set whose images are mutated as they are taken out of it, see :func:`mutated`.

    Splits, rows and batches are those of the images as they were.

    Args:
        rate: the probability with which a value is replaced, above 0 and at most 1.

    Example:
        >>> grey = ImageSet.from_array(np.full((5, 1, 8, 8), 128, np.uint8))
        >>> noisy = MutatedImageSet.of(grey, 0.2)
        >>> len(noisy), bool((noisy.batch([2]) != 128).any()), noisy.fingerprint == grey.fingerprint
        (5, True, False)
    """

    rate: float = field(kw_only=True)

    @classmethod
    def of(cls, images: ImageSet, rate: float) -> "MutatedImageSet":
        """Mutate a set; its content is told by that of the set, and how it is mutated."""
        content = hashlib.sha256(b"%s %r %s" % (SALT, rate, images.content.encode())).hexdigest()
        given = {one.name: getattr(images, one.name) for one in fields(ImageSet)}
        return cls(**given | {"content": content}, rate=rate)

    def batch(self, indices: npt.ArrayLike | slice) -> Images:
        """Images number ``indices`` of this split, mutated: as :meth:`ImageSet.batch`."""
        images = super().batch(indices)
        return mutated(images.reshape(-1, *self.shape), self.rate).reshape(images.shape)


def mutated(images: Images, rate: float) -> Images:
    r"""Replace each value of ``[N,C,H,W]`` with probability μ by a uniform draw from 0 to 255.

    .. math:: \tilde x_i = \begin{cases} \epsilon_i & \text{with probability } \mu \\ x_i & \text{otherwise}\end{cases},
              \qquad \epsilon_i \sim \mathcal U\{0, \dots, 255\}

    independently for each value, each colour's too; a draw may be what was there. The noise is a function of the
    image's pixels alone, so that an image is mutated alike wherever it lies and whenever it is asked for. At a higher
    rate the same values and more are replaced, by the same draws.

    Args:
        images: uint8.
        rate: μ.

    Reference:
        Ren et al., 2019, arXiv:1906.02845, section 3 (perturbed inputs for a background model).

    Example:
        >>> grey = np.full((1, 3, 32, 32), 128, np.uint8)
        >>> round((mutated(grey, 0.2) != 128).mean().item(), 1)
        0.2
    """
    changed = images.copy()
    for image, out in zip(images, changed, strict=True):
        key = hashlib.blake2b(image.tobytes(), digest_size=16, key=SALT).digest()
        generator = np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))
        chosen = generator.random(image.shape) < rate
        out[chosen] = generator.integers(0, 256, image.shape, dtype=np.uint8)[chosen]
    return changed
