"""Lost pixels in the core of a flux star: filled where the image is sampled and enough of the core is left."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from calgui.core.algorithms.fluxstar.finding import Star, around, centre, find_star, level_and_noise
from calgui.core.algorithms.fluxstar.inputs import Facts, Floats, Pixels
from calgui.core.algorithms.fluxstar.limit import perfect_star
from calgui.core.algorithms.holes import fill_core, sketched

#: pixels around the star that its level is of
_AROUND = 60
#: width of a star, pixels, from which an image without a known telescope is sampled
_SAMPLED = 2.2
_MAS_PER_RAD = 206264.80624709636e3


def find_whole_star(
    pixels: Pixels, place: tuple[float, float] | None, header: Mapping[str, Any], facts: Facts
) -> tuple[Star, Pixels]:
    """Find a star, and fill the pixels that are lost in its core.

    Parameters
    ----------
    pixels : Pixels
        e-/s.
    place : tuple of float or None
        x, y near which it is; the brightest without one.
    header : mapping
        Says the wavelength.
    facts : Facts
        Plate scale and exposure time.

    Returns
    -------
    tuple of Star and Pixels
        The pixels as they were where nothing is lost in the core, or too much.

    Raises
    ------
    InputError, AlgorithmError
        See `calgui.core.algorithms.fluxstar.finding.find_star`.
    """
    bad = pixels.bad & ~pixels.saturated
    data, good = sketched(pixels.data, ~bad, *level_and_noise(pixels.data, bad))
    star = find_star(data, ~good, place)
    whole = pixels
    # the place is surer once the core is whole
    for _ in range(2):
        made = _filled(pixels, star, header, facts)
        if made is None:
            return star, whole
        whole = made
        star = centre(whole.data, whole.bad & ~whole.saturated, (star.x, star.y))
    return star, whole


def _filled(pixels: Pixels, star: Star, header: Mapping[str, Any], facts: Facts) -> Pixels | None:
    rows, columns = around(pixels.data.shape, (star.x, star.y), _AROUND)
    part = pixels.data[rows, columns]
    level, noise = level_and_noise(part, pixels.bad[rows, columns])
    if pixels.variance is not None:
        variance = np.nan_to_num(pixels.variance[rows, columns], nan=noise**2, posinf=noise**2)
    else:
        photons = np.maximum(part - level, 0) / facts.seconds if facts.seconds else np.zeros_like(part)
        variance = np.asarray(noise**2 + photons, np.float32)
    width = math.hypot(star.fwhm, 0.65)
    perfect = perfect_star(header, facts.pixel_mas, 1000.0)
    if perfect is not None:
        core = perfect.band.mean_um * 1e-6 / perfect.pupil.diameter_m * _MAS_PER_RAD / facts.pixel_mas
        sampled = core >= 2
    else:
        sampled = width > _SAMPLED

    def seen(dx: Floats, dy: Floats) -> Floats:
        if perfect is not None:
            return np.nan_to_num(perfect.at(dx, dy))
        return np.asarray(np.exp(-4 * math.log(2) * (dx**2 + dy**2) / width**2))

    if not sampled:
        return None
    bad = pixels.bad[rows, columns]
    found = fill_core(
        part, variance, ~bad, ~pixels.saturated[rows, columns], (star.x - columns.start, star.y - rows.start), seen,
        width, level,
    )  # fmt: skip
    if found is None:
        return None
    at = found.rows + rows.start, found.columns + columns.start
    data, still = pixels.data.copy(), pixels.bad.copy()
    data[at], still[at] = found.holes.values, False
    return replace(pixels, data=data, bad=still, filled=replace(found, rows=at[0], columns=at[1]))
