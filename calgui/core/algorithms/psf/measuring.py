"""``measure-psf``: stars or a fiber image, measured once, then judged as often as an option changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from calgui.core.algorithms.inputkinds import kind_of
from calgui.core.algorithms.positions import parse_positions
from calgui.core.algorithms.psf.building import align
from calgui.core.algorithms.psf.centroids import FAILED, SATURATED, fit_round
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.cubes import check_cube, measure_cube
from calgui.core.algorithms.psf.finding import Found, envelope_of, find_stars, given_stars, is_grid
from calgui.core.algorithms.psf.measured import Measured
from calgui.core.algorithms.psf.picture import Picture, picture_of, sketch_of, without_hits
from calgui.core.algorithms.psf.reporting import judged
from calgui.core.algorithms.psf.setting import Setting, setting_of
from calgui.core.algorithms.psf.stars import measure_stars
from calgui.core.algorithms.registry import Algorithm, Result, in_two_steps
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

#: mas beyond the flux radius that the perfect star is known
_MARGIN_MAS = 20.0
#: part of a star's brightest pixel that the next one has at least: where the image is sampled, and else
_SAMPLED_NEIGHBOUR, _NEIGHBOUR = 0.4, 0.12
#: pixels that a star is taken to be wide before its width is measured, where no telescope says it
_FIRST_WIDTH = 2.2
#: the perfect star is computed this far at least, so that another flux radius is answered at once
_PERFECT_MAS = 1050.0


def check_psf(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse a frame whose header lacks what the figures need.

    Parameters
    ----------
    frames : sequence of FrameLike
        One image or cube; only header and shape are looked at.
    config : PsfConfig, optional
        Its options stand in for keywords.

    Raises
    ------
    InputError
        Naming the keyword, and the option that can give it.
    """
    how = config or PsfConfig()
    for frame in frames:
        if kind_of(frame) == "cube":
            check_cube(frame, how)
        else:
            setting_of(frame, how)


def measure_psf(frames: Sequence[FrameLike], config: PsfConfig, job: Job | None = None) -> Result:
    """Measure the stars of a picture, or a fiber image.

    Parameters
    ----------
    frames : sequence of FrameLike
        One image (ny, nx), or one cube (wavelength, ny, nx).
    config : PsfConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The PSF, of sum 1, with ERR; tables ``STARS`` and ``PROFILE``, cut-outs ``CUTOUTS``; metrics of the brightest
        star that can be used.

    Raises
    ------
    InputError
        Where plate scale or wavelength are missing, there is no star, all are saturated, or these are pinholes.
    """
    job = job or Job("Measure the PSF")
    check_psf(frames, config)
    return _refit(_measure(frames, {}, config, job.part(0, 0.9)), config, job.part(0.9, 1))


def _measure(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Measured:
    source = frames[0]
    if kind_of(source) == "cube":
        return measure_cube(source, config, job, measure_picture)
    rows = source.rows(0, source.shape[0])
    dq = None if rows.dq is None else np.array(rows.dq)
    err = None if rows.err is None else np.array(rows.err, np.float32)
    frame = Frame(np.array(rows.data, np.float32), err, dq, source.header, source.path)
    return measure_picture(frame, setting_of(source, config), config, job)


def measure_picture(frame: Frame, setting: Setting, config: PsfConfig, job: Job, *, detector: bool = True) -> Measured:
    """Find and measure the stars of one picture.

    Parameters
    ----------
    frame : Frame
        (ny, nx), in memory.
    setting : Setting
        Plate scale and wavelength.
    config : PsfConfig
        See its options.
    job : Job
        Progress and cancel.
    detector : bool
        Whether the picture is of a detector, and not of a cube.

    Returns
    -------
    Measured

    Raises
    ------
    InputError
        See `measure_psf`.
    """
    job.report(0.0, "A perfect star")
    perfect = None if setting.coarse else setting.perfect(max(_PERFECT_MAS, config.flux_radius + _MARGIN_MAS))
    job.report(0.3, "Looking for stars")
    picture = picture_of(frame, config, detector=detector)
    if detector and not setting.coarse:
        picture = without_hits(picture, _SAMPLED_NEIGHBOUR if setting.sampled and setting.pupil else _NEIGHBOUR)
    if not setting.pupil:
        setting = replace(setting, seen_width=_width(picture, setting, config))
    sketch = sketch_of(picture)
    places = parse_positions(config.stars, "stars")
    if places:
        found = given_stars(sketch, setting, places)
    else:
        found = find_stars(sketch, setting, config.threshold, config.most_stars, envelope_of(setting, perfect))
    _check_found(frame, picture, found, config, bool(places))
    job.report(0.4, "Measuring")
    stars = measure_stars(picture, found, setting, perfect, config, job.part(0.4, 0.85), clicked=bool(places))
    if np.all((stars.flags & (SATURATED | FAILED)) != 0):
        raise InputError(
            f"No star can be measured: {_count(stars.flags & SATURATED)} saturated, {_count(stars.flags & FAILED)} "
            "without a fit.",
            path=frame.path,
            cure="Choose a shorter exposure or a fainter star.",
        )
    aligned = align(stars, setting, config, job.part(0.85, 1.0))
    return Measured(
        frame, setting, perfect, stars, aligned, picture.errors_known, picture.per_electron, picture.noise,
        found.n_speckles, bool(places),
    )  # fmt: skip


def _width(picture: Picture, setting: Setting, config: PsfConfig) -> float:
    """Width of the stars without the pixel, pixels: the median of Gaussians fitted to the brightest."""
    first = replace(setting, seen_width=_FIRST_WIDTH)
    places = parse_positions(config.stars, "stars")
    found = given_stars(picture, first, places) if places else find_stars(picture, first, config.threshold, 60, None)
    if not len(found.x):
        return _FIRST_WIDTH
    fitted = fit_round(picture, found.x, found.y, found.saturated, first)
    # narrower ones are hot pixels
    fine = (fitted.flags == 0) & (fitted.p[:, 4:6].min(axis=1) > 1.0)
    return float(np.median(np.sqrt(np.prod(fitted.p[fine, 4:6], axis=1)))) if fine.any() else _FIRST_WIDTH


def _count(flags: Any) -> int:
    return int(np.count_nonzero(flags))


def _shown(noise: float) -> str:
    return f"{noise:.4g}" if noise > 1e-20 else "0"


def _check_found(frame: Frame, picture: Picture, found: Found, config: PsfConfig, clicked: bool) -> None:
    if not len(found.x):
        raise InputError(
            f"There is no star {config.threshold:g} sigma above the background (noise {_shown(picture.noise)}).",
            path=frame.path,
            cure="Choose an image with stars, lower the option threshold, or give places by the option stars.",
        )
    if found.saturated.all():
        raise InputError(
            f"All stars are saturated ({len(found.x)}): neither peak nor width can be measured.",
            path=frame.path,
            cure="Choose a shorter exposure or a fainter star.",
        )
    if not clicked and is_grid(found.x, found.y):
        raise InputError(
            f"These are the pinholes of a grid, not stars: {len(found.x)} spots stand at even distances.",
            path=frame.path,
            cure="Use distortion-solution, or give places by the option stars.",
        )


def _refit(measured: Any, config: Any, job: Job) -> Result:
    return judged(measured, config, job)


ALGORITHMS = (
    Algorithm(
        name="measure-psf",
        title="PSF of stars and fibers",
        summary="Measures Strehl ratio, widths and energy of stars or a fiber image, and saves the PSF they give.",
        inputs="one image or cube of stars, or of a fiber",
        config=PsfConfig,
        run=in_two_steps(_measure, _refit),
        takes=("image", "cube"),
        maximum_inputs=1,
        product="PSFSTAR",
        also_makes=("FIBER",),
        check=check_psf,
        previewable=False,
        measure=_measure,
        refit=_refit,
        refits=("exclude", "flux_radius", "model", "fit_radius", "minimum_strehl", "maximum_ellipticity"),
        source="Roberts et al. 2004 (Strehl ratio), Anderson & King 2000 (ePSF), photutils",
    ),
)
