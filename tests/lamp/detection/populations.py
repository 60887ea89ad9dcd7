"""Scores of known AUROC and average precision, and heat-maps, to see how often intervals hold."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, optimize, special, stats

AUROCS = (0.8, 0.9, 0.95, 0.97, 0.99, 0.999)
SIZES = ((5, 5), (10, 10), (6, 30), (30, 6), (20, 20), (41, 119))  # normal, anomalous

SIDE = 16  # of heat-maps, in pixels

_DEPTHS = (np.arange(40_000) + 0.5) / 40_000


@dataclass(frozen=True)
class Population:
    """Distributions of scores: that of normal images, and that of anomalous ones by AUROC.

    Args:
        normal: Of scipy.
        anomalous: Makes one of scipy, given AUROC.
    """

    normal: object
    anomalous: Callable[[float], object]

    def draw(self, auroc, normal, anomalous, *, seed, draws):
        """Return labels from the highest score down, shape (draws, images): all that ranks tell."""
        rng = np.random.default_rng(seed)
        scores = np.concatenate(
            [
                self.normal.ppf(rng.random((draws, normal))),
                self.anomalous(auroc).ppf(rng.random((draws, anomalous))),
            ],
            axis=1,
        )
        return (np.argsort(-scores, axis=1, kind="stable") >= normal).astype(np.int8)

    def average_precision(self, auroc, normal, anomalous):
        """Integrate precision over depths."""
        false = self.normal.sf(self.anomalous(auroc).isf(_DEPTHS))
        return float(np.mean(_DEPTHS / (_DEPTHS + normal / anomalous * false)))


def _gaussian(scale):
    def anomalous(auroc):
        return stats.norm(stats.norm.ppf(auroc) * np.sqrt(1 + scale**2), scale)

    return Population(stats.norm(), anomalous)


def _shifted_lognormal(auroc):
    """Return X + d where X is lognormal: by bisection, integrated over quantiles."""
    quantiles = stats.lognorm(1).ppf(_DEPTHS)

    def excess(shift):
        return stats.lognorm(1).cdf(quantiles + shift).mean() - auroc

    return stats.lognorm(1, loc=optimize.brentq(excess, 0, 1e4))


def _gamma_ratio(auroc):
    """Return the scale of a gamma variable of shape 4: X / (X + Y) of two is a beta variable."""
    share = special.betaincinv(4, 4, auroc)
    return stats.gamma(4, scale=share / (1 - share))


POPULATIONS = {
    "normal": _gaussian(1.0),
    "normal, anomalous twice as wide": _gaussian(2.0),
    "normal, anomalous half as wide": _gaussian(0.5),
    "exponential, scaled": Population(
        stats.expon(), lambda auroc: stats.expon(scale=auroc / (1 - auroc))
    ),
    "exponential, shifted": Population(
        stats.expon(), lambda auroc: stats.expon(loc=-np.log(2 * (1 - auroc)))
    ),
    "lognormal, shifted": Population(stats.lognorm(1), _shifted_lognormal),
    "gamma, scaled": Population(stats.gamma(4), _gamma_ratio),
}


def draw_maps(rng, normal, anomalous, strength):
    """Return heat-maps of images that differ as a whole, and masks.

    Anomalous images have one or two square defects that are seen more or less.
    """
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
