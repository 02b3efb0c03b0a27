"""Edges of images, and how much of an image can be seen in its latents."""

import numpy as np
from numpy.typing import NDArray

_SMOOTH, _SLOPE = (1, 2, 1), (-1, 0, 1)


def edge_map(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    r"""Measure how strong the edge is at each pixel: :math:`\sqrt{G_x^2 + G_y^2}`, averaged over the channels.

    :math:`G` are Sobel's derivatives of the image in [0, 1], with the border mirrored.

    Args:
        images: uint8 ``[N, C, H, W]``.

    Returns:
        ``[N, H, W]``.

    Example:
        >>> image = np.zeros((1, 1, 4, 6), np.uint8)
        >>> image[..., 3:] = 255
        >>> edge_map(image)[0, 0].tolist()
        [0.0, 0.0, 4.0, 4.0, 0.0, 0.0]
    """
    from scipy.ndimage import correlate1d

    pixels = images / 255
    across, down = (correlate1d(correlate1d(pixels, _SMOOTH, -1 - i), _SLOPE, -2 + i) for i in (1, 0))
    edges: NDArray[np.float64] = np.hypot(across, down).mean(1)
    return edges


def edge_correlation(z: NDArray[np.float64], images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Correlate :math:`|z|`, averaged over channels, with the edges of the image.

    Args:
        z: latents in image space, ``[N, C, H, W]``.
        images: what they are of, uint8 ``[N, C, H, W]``.

    Returns:
        ``[N]``; not a number for an image without edges.
    """
    return correlation(np.abs(z).mean(1), edge_map(images))


def shape_correlation(z: NDArray[np.float64], images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Correlate :math:`z` with the image, both averaged over channels, and drop the sign; arguments as above.

    Returns:
        ``[N]`` in [0, 1]; not a number for an image of one grey.
    """
    return np.abs(correlation(z.mean(1), images.mean(1)))


def correlation(maps: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Correlate two maps image by image.

    .. math:: r_i = \frac{\sum_p (a_{ip} - \bar a_i)(b_{ip} - \bar b_i)}
              {\sqrt{\sum_p (a_{ip} - \bar a_i)^2 \sum_p (b_{ip} - \bar b_i)^2}}

    Args:
        maps: ``[N, ...]``.
        others: the same shape.

    Returns:
        ``[N]``; not a number where a map is constant.

    Example:
        >>> float(correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]]))[0])
        1.0
    """
    first, second = (a.reshape(len(a), -1) - a.reshape(len(a), -1).mean(1, keepdims=True) for a in (maps, others))
    norms = np.sqrt((first**2).sum(1) * (second**2).sum(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(norms > 0, (first * second).sum(1) / norms, np.nan)
