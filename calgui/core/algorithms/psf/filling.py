"""Lost pixels in the cores of stars: filled where the picture is sampled and enough of the core is left."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.holes import CORE, Star, fill_core
from calgui.core.algorithms.psf.centroids import EDGE, FAILED, FILLED, SATURATED, Fitted, fit_round
from calgui.core.algorithms.psf.picture import Picture
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.jobs import Job

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: widths around a star in which it is looked for lost pixels
_NEAR = 2.0


def fill_cores(
    picture: Picture, fitted: Fitted, setting: Setting, perfect: "PerfectStar | None", job: Job
) -> tuple[Picture, Fitted]:
    """Fill pixels that are lost near the middle of stars, and fit these again.

    Parameters
    ----------
    picture : Picture
        Pixels.
    fitted : Fitted
        Stars, fitted without them.
    setting : Setting
        Says whether the picture is sampled, and how wide a star is.
    perfect : PerfectStar or None
        The diffraction limit; without one a star is taken for a Gaussian.
    job : Job
        Progress and cancel.

    Returns
    -------
    tuple of Picture and Fitted
        With `Picture.filled`, and stars flagged FILLED whose core has such pixels. A star of which too much is lost
        stays as it is.
    """
    sampled = setting.sampled if setting.pupil else setting.width_pixel > 2.2
    holes = _holes(picture, fitted, setting)
    if not sampled or setting.coarse or not holes.any():
        return picture, fitted
    star = _star(setting, perfect)
    made, again = picture, fitted
    # the place is surer once the core is whole
    for turn in range(2):
        data, good, variance = picture.data.copy(), picture.good.copy(), picture.variance.copy()
        filled = np.zeros(good.shape, np.bool_)
        chosen = np.flatnonzero(holes)
        for k in job.track(chosen.tolist(), len(chosen), "Filling lost pixels"):
            core = fill_core(
                picture.data, picture.variance, picture.good, ~picture.saturated, (again.x[k], again.y[k]), star,
                setting.width_pixel, picture.level,
            )  # fmt: skip
            if core is not None:
                at = core.rows, core.columns
                data[at], variance[at], good[at], filled[at] = core.holes.values, core.holes.variance, True, True
        made = replace(picture, data=data, good=good, variance=variance, filled=filled)
        if not filled.any():
            return picture, fitted
        found = fit_round(made, fitted.x, fitted.y, (fitted.flags & SATURATED) != 0, setting)
        again = replace(found, n_sharp=fitted.n_sharp)
        if turn == 0 and not _in_core(filled, fitted, setting).any():
            break
    flags = again.flags.copy()
    flags[_in_core(made.filled, again, setting)] |= FILLED
    return made, replace(again, flags=flags)


def _holes(picture: Picture, fitted: Fitted, setting: Setting) -> Mask:
    """Stars with lost pixels near their middle that can be filled."""
    reach = _NEAR * setting.width_pixel
    usable = (fitted.flags & (SATURATED | FAILED | EDGE)) == 0
    half = fitted.kept.shape[1] // 2
    axis = np.arange(fitted.kept.shape[1]) - half
    near = np.hypot(axis[:, None], axis[None, :]) < reach + 0.7
    lost: Mask = (~fitted.kept & near).any(axis=(1, 2))
    return np.asarray(usable & lost)


def _in_core(filled: Mask | None, fitted: Fitted, setting: Setting) -> Mask:
    """Stars with filled pixels in their core."""
    made = np.zeros(len(fitted.x), np.bool_)
    if filled is None:
        return made
    rows, columns = np.nonzero(filled)
    if rows.size:
        from scipy.spatial import cKDTree

        away, _ = cKDTree(np.column_stack([columns, rows])).query(np.column_stack([fitted.x, fitted.y]))
        made = np.asarray(away < CORE * setting.width_pixel)
    return made


def _star(setting: Setting, perfect: "PerfectStar | None") -> Star:
    if perfect is not None:
        known = perfect
        return lambda dx, dy: np.asarray(np.nan_to_num(known.at(dx, dy)), np.float64)
    sigma = setting.width_pixel / 2.3548
    return lambda dx, dy: np.asarray(np.exp(-0.5 * (dx**2 + dy**2) / sigma**2), np.float64)
