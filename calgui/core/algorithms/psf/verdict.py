"""Whether a PSF is good, and the sentences that say why not."""

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.centroids import FILLED
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.figures import CROWDED, WORDS, Figures
from calgui.core.algorithms.psf.measured import Measured
from calgui.core.algorithms.registry import Verdict

#: of the Strehl ratio, over itself, from which it says little; and its sigmas above 1 that cannot be
_LARGE_ERROR, _ABOVE_ONE = 0.15, 4.0
#: halo that a flux radius cuts off is told from here on
_SMALL_RADIUS = 0.995
#: error of the flux, over itself, from which it is said that the level is not known well
_UNSURE_LEVEL = 0.05


def verdict(
    measured: Measured, figures: Figures, used: npt.NDArray[np.bool_], main: int, config: PsfConfig
) -> tuple[Verdict, tuple[str, ...]]:
    """Judge.

    Parameters
    ----------
    measured : Measured
        Stars.
    figures : Figures
        Their figures.
    used : ndarray of bool, shape (n,)
        Which are used.
    main : int
        The star whose figures are reported.
    config : PsfConfig
        Its limits.

    Returns
    -------
    tuple of str and tuple of str
        Verdict and reasons.
    """
    bad: list[str] = []
    doubtful: list[str] = []
    told: list[str] = []
    setting = measured.setting
    if not used.any():
        bad.append(f"No star can be used: the brightest is flagged ({figures.words(main) or figures.why[main]}).")
    _sampling(measured, doubtful, told)
    strehl, error = figures.strehl[main], figures.strehl_error[main]
    if np.isfinite(strehl):
        if strehl - 1 > _ABOVE_ONE * error and strehl > 1.03:
            bad.append(
                f"The Strehl ratio is {strehl:.3f} ± {error:.3f}, above 1: plate scale {setting.pixel_mas:g} mas, "
                f"wavelength {setting.wavelength_um:.4g} µm or background cannot be right."
            )
        elif config.minimum_strehl and strehl < config.minimum_strehl:
            doubtful.append(f"The Strehl ratio {strehl:.3f} is below {config.minimum_strehl:g}.")
        if error > _LARGE_ERROR * strehl:
            doubtful.append(
                f"The error of the Strehl ratio, {error:.3f}, is more than {100 * _LARGE_ERROR:.0f} % of it: the star "
                "is faint, or the background is not known well within the flux radius."
            )
    elif figures.why[main]:
        cure = f" Choose a flux radius below {config.flux_radius:.0f} mas." if figures.flags[main] & CROWDED else ""
        (doubtful if setting.pupil and not setting.coarse else told).append(
            f"The star that is reported has no Strehl ratio: {figures.why[main]}.{cure}"
        )
    if figures.radius[main] < _SMALL_RADIUS * config.flux_radius:
        doubtful.append(
            f"The flux is counted within {figures.radius[main]:.0f} mas, not {config.flux_radius:.0f}: the image shows "
            "no more around the star. The Strehl ratio is that of the smaller radius."
        )
    flux, flux_error = figures.flux[main], figures.flux_error[main]
    if config.background == "halo" and np.isfinite(flux) and flux_error > _UNSURE_LEVEL * flux:
        told.append(
            f"Level and halo cannot be told apart well in so small a field: the flux within {figures.radius[main]:.0f} "
            f"mas has an error of {100 * flux_error / flux:.0f} %, above {100 * _UNSURE_LEVEL:.0f} %."
        )
    _applied(measured, doubtful)
    ellipticity = figures.ellipticity[main]
    if np.isfinite(ellipticity) and ellipticity > config.maximum_ellipticity:
        doubtful.append(f"The ellipticity {ellipticity:.3f} is above {config.maximum_ellipticity:g}.")
    if figures.flags[main] & FILLED:
        told.append(
            "Lost pixels in the core of the star that is reported are filled from those around them; its errors say "
            "how well that is known."
        )
    for bit, word in WORDS.items():
        count = int(np.count_nonzero(figures.flags & bit))
        if count and len(figures.flags) > 1:
            told.append(f"{count} of {len(figures.flags)} stars: {word}.")
    if measured.aligned.note:
        doubtful.append(measured.aligned.note)
    if measured.per_electron is None and not measured.errors_known:
        told.append("There is no ERR, and the unit says no electrons: errors are those of the empty pixels alone.")
    if setting.pupil and len(measured.aligned.stars) == 0:
        doubtful.append("No star was good enough for a PSF.")
    level: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return level, (*bad, *doubtful, *measured.notes, *told)


def _applied(measured: Measured, doubtful: list[str]) -> None:
    """Say what an exposure of the instrument still has in it."""
    header = measured.frame.header
    missing = [name for key, name in (("S_DARK", "dark"), ("S_FLAT", "flat")) if header.get(key) != "COMPLETE"]
    # a raw exposure names its detector, and nothing that was done to it
    if missing and "DETECTOR" in header and not any(str(key).startswith("S_") for key in header):
        doubtful.append(
            f"The header says of no {' and no '.join(missing)} that was applied (S_DARK, S_FLAT): hot pixels and "
            "uneven light spoil the flux of a wide circle. Calibrate with quick-look first."
        )


def _sampling(measured: Measured, doubtful: list[str], told: list[str]) -> None:
    setting = measured.setting
    if setting.coarse:
        told.append(
            f"Spaxels of {setting.pixel_mas:g} mas are too coarse for widths: energy and centroid alone are given."
        )
    elif setting.pupil and not setting.sampled:
        told.append(
            f"Undersampled: λ/D is {setting.core_pixel:.2f} pixels, below 2. Peak and widths are those of "
            "pixel-integrated values, corrected for the place within a pixel by a perfect star."
        )
    elif not setting.pupil:
        width = float(np.nanmedian(measured.stars.fit_width)) if len(measured.stars) else np.nan
        if width < 2.0:
            told.append(f"Undersampled: the fitted width is {width:.2f} pixels. Widths are those of the fitted model.")
