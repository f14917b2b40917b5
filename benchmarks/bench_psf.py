"""Stars of a field: all their figures against photutils' aperture photometry and centroids of the same stars."""

from typing import Any

import numpy as np

from benchmarks.harness import Row, bound, compare, seconds
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.figures import figures_of
from calgui.core.algorithms.psf.finding import Found
from calgui.core.algorithms.psf.measuring import ALGORITHMS
from calgui.core.algorithms.psf.picture import picture_of
from calgui.core.algorithms.psf.setting import setting_of
from calgui.core.algorithms.psf.stars import measure_stars
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job

SIZE, STARS, RADIUS = 4096, 500, 250.0
_HEADER = {"SCALE": 0.004, "WAVECEN": 2.2, "INSTRUME": "IRIS", "TELESCOP": "TMT", "BUNIT": "electron", "EXPTIME": 1.0}
_HALF = 50


def measure() -> list[Row]:
    """Time 500 stars, and what a click or another option takes on a picture of one star.

    Returns
    -------
    list of Row
        The peer sums the light of each star in a circle of the same radius of 1 arcsec, that of a ring of background
        around it, and fits a Gaussian for its centroid, as `photutils.centroids.centroid_2dg` does. Ours
        gives rings, Strehl ratios, widths, energies and the light of neighbours beside.
    """
    frame, x, y = field(SIZE, STARS)
    config = PsfConfig()
    setting = setting_of(frame, config)
    perfect = setting.perfect(1050.0)
    picture = picture_of(frame, config)
    found = Found(x, y, np.full(len(x), np.nan), np.zeros(len(x), np.bool_))

    def ours() -> Any:
        stars = measure_stars(picture, found, setting, perfect, config, Job())
        return figures_of(stars, setting, perfect, config.flux_radius)

    def theirs() -> Any:
        from photutils.aperture import CircularAnnulus, CircularAperture, aperture_photometry
        from photutils.centroids import centroid_2dg, centroid_sources

        places = np.column_stack([x, y])
        data = frame.data.astype(np.float64)
        table = aperture_photometry(data, CircularAperture(places, RADIUS))
        ring = aperture_photometry(data, CircularAnnulus(places, 1.05 * RADIUS, 1.5 * RADIUS))
        return table, ring, centroid_sources(data, x, y, box_size=11, centroid_func=centroid_2dg)

    rows = [
        compare(
            f"{len(x)} stars of a field of {SIZE}²: all figures",
            ours,
            "photutils photometry + centroid_2dg",
            theirs,
            2.0,
            repeat=3,
        )
    ]
    (how,) = ALGORITHMS
    assert how.measure is not None
    assert how.refit is not None
    one, _, _ = field(512, 1)
    measured = how.measure([one], {}, config, Job())
    for text, other in (
        ("another flux radius", PsfConfig(flux_radius=500.0)),
        ("another model", PsfConfig(model="moffat")),
    ):
        how.refit(measured, other, Job())
        again = sorted(seconds(lambda other=other: how.refit(measured, other, Job())) for _ in range(7))
        rows.append(bound(f"one star, {text}", again[3], 0.05))
    return rows


def field(size: int, count: int) -> tuple[Frame, Any, Any]:
    """A field of perfect stars with noise.

    Parameters
    ----------
    size : int
        Pixels on a side.
    count : int
        Stars.

    Returns
    -------
    tuple of Frame, ndarray, ndarray
        Picture, columns and rows of the stars.
    """
    rng = np.random.default_rng(2)
    image = np.full((size, size), 20.0)
    setting = setting_of(Frame(np.zeros((8, 8), np.float32), None, None, _HEADER), PsfConfig())
    perfect = setting.perfect(1050.0)
    assert perfect is not None
    x, y = rng.uniform(0.1 * size, 0.9 * size, (2, count)) if count > 1 else np.full((2, 1), size / 2 + 0.3)
    for a, b, flux in zip(x, y, rng.uniform(1e5, 1e6, count), strict=True):
        left, low = int(a) - _HALF, int(b) - _HALF
        side = 2 * _HALF + 1
        image[low : low + side, left : left + side] += flux * perfect.image((side, side), a - left, b - low)
    noisy = rng.poisson(image) + rng.normal(0, 9, image.shape)
    return Frame(noisy.astype(np.float32), None, None, _HEADER), x, y
