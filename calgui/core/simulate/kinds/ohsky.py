"""The night sky through the lenslets of the arc: hours later, its OH lines stand a little elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.filters import FILTERS, PIXEL_ARCSEC
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.cube import SPAXEL_ARCSEC, line_rate
from calgui.core.simulate.kinds.lensletarc import (
    BAND,
    COLUMNS,
    DISPERSER,
    ROWS,
    SPREAD,
    field_of,
    stack_hdus,
)
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Exposure, Hdu, Kind, Scene
from calgui.core.simulate.spectro.exposing import expose, hit
from calgui.core.simulate.spectro.forward import on_pixels
from calgui.core.simulate.spectro.light import Light, level
from calgui.core.simulate.telescope import on_sky

SKY = f"iris_{NIGHT}_ohsky_0001.fits"
START, SECONDS = "2026-03-11T13:00:00", 1800.0
#: how far the lines stand towards larger pixels from where the arc of the day has them: everywhere, by row, by column
SHIFT, SHIFT_ROW, SHIFT_COLUMN = 0.173, 0.02, -0.03
_HITS = 40


def shifts(scene: Scene) -> npt.NDArray[np.float64]:
    """How far the lines of each lenslet stand from where the arc has them.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float64, shape (n,)
        Pixels.
    """
    field = field_of(scene).field
    v, w = 2 * field.row / (ROWS - 1) - 1, 2 * field.column / (COLUMNS - 1) - 1
    return np.asarray(SHIFT + SHIFT_ROW * v + SHIFT_COLUMN * w)


def sky(scene: Scene) -> Light:
    """Electrons that the sky gives to one lenslet of throughput 1.

    Parameters
    ----------
    scene : Scene
        The night; families of lines differ by 15 % from night to night.

    Returns
    -------
    Light
    """
    from calgui.core.spectra.airglow import sky_lines

    row, area = FILTERS[BAND], (SPAXEL_ARCSEC / PIXEL_ARCSEC) ** 2
    low, high = 1e3 * row.wavemin, 1e3 * row.wavemax
    lines = sky_lines().within(low - 4, high + 4)
    rng = scene.rng(f"light of {SKY}")
    tonight = {family: float(np.exp(0.15 * rng.standard_normal())) for family in sorted(set(lines.family))}
    flux = SECONDS * line_rate() * lines.intensity * np.array([tonight[family] for family in lines.family])
    under = level(SECONDS * row.sky_rate * area / (high - low))
    return Light(lines.wavelength, flux, ("OH",) * flux.size, under).through(low, high)


def _make(scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    what, rng = field_of(scene), scene.rng(SKY)
    field = what.field
    model = on_pixels(sky(scene), field.dispersion, SPREAD, wider=field.wider, shift=shifts(scene), check=scene.check)
    part = field.throughput.copy()
    part[what.dark] = 0
    taken = expose(model * part[:, None], rng)
    for _ in range(_HITS):
        hit(taken, int(rng.integers(len(field))), int(rng.integers(2, taken.data.shape[1] - 2)), 3000.0, flagged=True)
    taken.kill(what.dead)
    return stack_hdus(scene, taken, SECONDS), {}


def _exposures(scene: Scene) -> Sequence[Exposure]:
    header = exposure(scene, SKY, "SKY", START, seconds=SECONDS, filter=BAND, detector=SPECTROGRAPH, grating=DISPERSER)
    return (Exposure(SKY, header | on_sky(START, "DEMO SKY"), _make),)


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "file": SKY,
        "arc": "as under lensletarc: the same lenslets, dispersion and widths",
        "shift_pixel": [round(float(one), 6) for one in shifts(scene)],
        "shift_median_pixel": round(float(np.median(shifts(scene))), 6),
        "shift_meaning": "how far lines stand towards larger pixels from where the arc has them",
        "brightest_line_e": round(float(sky(scene).flux.max()), 1),
        "sky_source": "Rousselot et al. 2000, A&A 354, 1134",
    }


KIND = Kind("ohsky", _exposures, truth=_truth)
