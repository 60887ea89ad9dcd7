"""Heat-maps of images that differ as a whole, with square defects that are seen more or less."""

import numpy as np
from scipy import ndimage

SIDE = 16


def draw_maps(rng, normal, anomalous, strength):
    """Return maps and masks; an anomalous image has one or two defects."""
    images = normal + anomalous
    masks = np.zeros((images, SIDE, SIDE), bool)
    for mask in masks[normal:]:
        for _ in range(rng.integers(1, 3)):
            size = rng.integers(2, 7)
            x, y = rng.integers(0, SIDE - size + 1, 2)
            mask[y : y + size, x : x + size] = True
    smooth = ndimage.gaussian_filter(rng.standard_normal(masks.shape), (0, 2, 2))
    whole, seen = rng.standard_normal((2, images, 1, 1))
    maps = 0.6 * rng.standard_normal(masks.shape) + 0.6 * smooth / smooth.std()
    maps += 0.5 * whole + masks * (strength + 0.7 * seen)
    return maps.astype(np.float32), masks
