"""From measured stars to a result: PSF, tables, metrics, marks, verdict."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.known import known
from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.positions import nearest, parse_positions
from calgui.core.algorithms.psf.building import put_together
from calgui.core.algorithms.psf.centroids import SATURATED
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.figures import Figures, figures_of
from calgui.core.algorithms.psf.measured import Measured
from calgui.core.algorithms.psf.models import Fits, fit_models
from calgui.core.algorithms.psf.showing import conditions, curves, fit_table, spectrum, star_table
from calgui.core.algorithms.psf.tables import cutouts, profile_columns, star_columns
from calgui.core.algorithms.psf.verdict import verdict
from calgui.core.algorithms.registry import Metric, Result
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import ExtraHdu
from calgui.core.jobs import Job

Mask = npt.NDArray[np.bool_]

_STATES = ("used", "flagged", "saturated", "excluded")
#: pixels that a place may lie off the star that is meant
_WITHIN = 6.0


def judged(measured: Measured, config: PsfConfig, job: Job) -> Result:
    """Figures of all stars, and the PSF.

    Parameters
    ----------
    measured : Measured
        As measured.
    config : PsfConfig
        Its options that need no new measurement are looked at.
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
    """
    stars, setting = measured.stars, measured.setting
    figures = figures_of(stars, setting, measured.perfect, config.flux_radius)
    excluded = _excluded(measured, config)
    used = figures.good & ~excluded & np.isfinite(figures.flux)
    left = ~excluded & np.isfinite(figures.flux)
    if not np.isfinite(figures.flux).any():
        raise InputError(
            f"No flux can be measured of any star ({len(stars)}): {', '.join(sorted(set(figures.why)))}.",
            path=measured.frame.path,
            cure="Choose a shorter exposure, or a star that stands apart from a saturated one.",
        )
    if not left.any():
        raise InputError(
            "All stars that can be measured are excluded.",
            path=measured.frame.path,
            cure="Take one out of the option exclude.",
        )
    main = _brightest(figures, used if used.any() else left)
    job.report(0.3, "Fitting a model")
    fits = fit_models(stars, config.model, setting, measured.perfect, config.fit_radius)
    job.check()
    made = put_together(measured.aligned, figures.flux, excluded | ~(figures.good | (np.arange(len(stars)) == main)))
    level, reasons = verdict(measured, figures, used, main, config)
    by_wavelength = spectrum(measured, config) if measured.slices else None
    extensions = [
        ExtraHdu("STARS", star_columns(measured, figures, fits, used, excluded)),
        ExtraHdu("PROFILE", profile_columns(measured, figures, main)),
        ExtraHdu("CUTOUTS", cutouts(stars), header={"ORDER": ("as in STARS", "of the cut-outs")}),
    ]
    shown = [star_table(measured, figures, used, excluded), fit_table(measured, fits, used, main)]
    if by_wavelength is not None:
        extensions.append(ExtraHdu("SPECTRUM", by_wavelength.columns))
        shown.append(by_wavelength.table)
    told = conditions(measured.frame.header)
    frame, keywords = _product(measured, figures, made, main)
    job.report(1.0, "Done")
    return Result(
        frame=frame,
        metrics=_metrics(measured, figures, fits, used, main),
        verdict=level,
        reasons=reasons,
        curves=(*curves(measured, figures, main, config), *(by_wavelength.curves if by_wavelength else ())),
        tables=(*shown, *([told] if told is not None else [])),
        keywords=keywords,
        extensions=tuple(extensions),
        picture=measured.frame,
        marks=_marks(measured, figures, used, excluded),
        product="FIBER" if _is_fiber(measured.frame.header) else "",
    )


def _is_fiber(header: Mapping[str, Any]) -> bool:
    said = " ".join(str(header.get(key) or "") for key in ("EXP_TYPE", "EXPTYPE", "OBSTYPE", "IMAGETYP"))
    return "FIBER" in said.upper()


def _excluded(measured: Measured, config: PsfConfig) -> Mask:
    stars = measured.stars
    made = np.zeros(len(stars), np.bool_)
    places = parse_positions(config.exclude, "exclude")
    found = nearest(places, stars.x, stars.y, np.ones(len(stars), np.int64), max(_WITHIN, measured.setting.width_pixel))
    made[found[found >= 0]] = True
    return made


def _brightest(figures: Figures, among: Mask) -> int:
    return int(np.argmax(np.where(among, figures.flux, -np.inf)))


def _median(values: npt.NDArray[np.float64], used: Mask) -> float | None:
    chosen = values[used & np.isfinite(values)]
    return float(np.median(chosen)) if chosen.size else None


def _metrics(measured: Measured, figures: Figures, fits: Fits, used: Mask, main: int) -> dict[str, Metric]:
    stars, setting = measured.stars, measured.setting
    of = "Of the brightest star that can be used" if len(stars) > 1 else "Of the star"
    why = figures.why[main]
    none = f" None here: {why}." if why else ""
    at = main
    core = float(np.nan_to_num(figures.flux[at]))
    return {
        "strehl": Metric(
            known(figures.strehl[at]), "", f"{of}: peak over flux, over the same of a perfect star.{none}"
        ),
        "strehl_error": Metric(
            known(figures.strehl_error[at]), "", "One sigma: photons, reading, background within the flux radius."
        ),
        "wavefront_error_nm": Metric(
            known(figures.wavefront[at]), "nm", f"{of}: rms of the wavefront by Maréchal's approximation."
        ),
        "wavefront_error_sigma_nm": Metric(known(figures.wavefront_error[at]), "nm", "One sigma of it."),
        "fwhm_mas": Metric(
            known(figures.fwhm[at]), "mas", f"{of}: width at half maximum as seen, geometric mean of both axes.{none}"
        ),
        "fwhm_error_mas": Metric(known(figures.fwhm_error[at]), "mas", "One sigma of the width."),
        "fwhm_optical_mas": Metric(
            known(figures.optical[at]), "mas", f"{of}: the same with the pixel's width taken out.{none}"
        ),
        "fwhm_major_mas": Metric(known(figures.major[at]), "mas", f"{of}: width along its long axis."),
        "fwhm_minor_mas": Metric(known(figures.minor[at]), "mas", f"{of}: width along its short axis."),
        "angle_deg": Metric(known(figures.angle[at]), "deg", "Long axis, from x towards y."),
        "ellipticity": Metric(known(figures.ellipticity[at]), "", f"{of}: 1 - b/a of the half maximum."),
        "ee50_mas": Metric(known(figures.ee50[at]), "mas", f"{of}: radius that holds half of that flux."),
        "ee80_mas": Metric(known(figures.ee80[at]), "mas", f"{of}: radius that holds 80 % of that flux."),
        "es50_mas": Metric(known(figures.es50[at]), "mas", f"{of}: half the side of the square that holds half."),
        "es80_mas": Metric(known(figures.es80[at]), "mas", f"{of}: half the side of the square that holds 80 %."),
        "flux_radius_mas": Metric(known(figures.radius[at]), "mas", "Radius within which the flux was counted."),
        "n_stars": Metric(int(used.sum()), "", "Stars whose figures are used."),
        "n_found": Metric(len(stars), "", "Stars that were found or given."),
        "strehl_median": Metric(_median(figures.strehl, used), "", "Median of the stars that are used."),
        "fwhm_median_mas": Metric(_median(figures.fwhm, used), "mas", "Median of the stars that are used."),
        "x_pixel": Metric(known(stars.x[at]), "pixel", f"{of}: column of the fitted centroid, from 0."),
        "y_pixel": Metric(known(stars.y[at]), "pixel", f"{of}: row of the fitted centroid, from 0."),
        "x_error_pixel": Metric(known(stars.x_error[at]), "pixel", "One sigma of the column."),
        "y_error_pixel": Metric(known(stars.y_error[at]), "pixel", "One sigma of the row."),
        "flux": Metric(known(core), measured.frame.unit, f"{of}: flux within the radius."),
        "flux_error": Metric(known(figures.flux_error[at]), measured.frame.unit, "One sigma of it."),
        "background": Metric(known(stars.background[at]), measured.frame.unit, "Per pixel, under that star."),
        "background_error": Metric(
            known(stars.background_error[at]), measured.frame.unit, "One sigma of it, with that of the halo's shape."
        ),
        "model_chi2": Metric(known(fits.chi2[at]), "", f"Reduced chi² of the model {fits.model}."),
        "pixel_scale_mas": Metric(setting.pixel_mas, "mas", "Plate scale."),
        "wavelength_um": Metric(setting.wavelength_um, "um", "Middle of the band, vacuum."),
        "pixels_per_core": Metric(
            setting.core_pixel if setting.diameter_m else None, "pixel", "λ/D; an image is sampled from 2 on."
        ),
    }


def _product(
    measured: Measured, figures: Figures, made: Any, main: int
) -> tuple[Frame | None, dict[str, tuple[Any, str]]]:
    if made is None:
        return None, {}
    image, error, count = made
    header = {key: value for key, value in measured.frame.header.items() if not _of_sky(str(key))}
    fine = measured.aligned.fine
    setting = measured.setting
    middle = image.shape[0] // 2
    keywords: dict[str, tuple[Any, str]] = {
        "BUNIT": ("1", "part of the light in each pixel"),
        "SCALE": (round(setting.pixel_mas / fine / 1000, 9), "[arcsec] per pixel of this PSF"),
        "PSFSAMP": (fine, "pixels of this PSF per detector pixel"),
        "PSFDPIX": (round(setting.pixel_mas / 1000, 9), "[arcsec] detector pixel that is in it"),
        "PSFWAY": (measured.aligned.way, "stars that were shifted, or ePSF"),
        "PSFNSTAR": (count, "number of stars in it"),
        "PSFX": (middle + 1, "column of the centre, from 1"),
        "PSFY": (middle + 1, "row of the centre, from 1"),
        "PSFSRC": (setting.source_mas, "[mas] diameter of the source, 0 for a star"),
        "PSFWAVE": (round(setting.wavelength_um, 6), "[um] middle of the band"),
        "PSFRAD": (round(float(np.nan_to_num(figures.radius[main])), 3), "[mas] flux radius of the figures"),
        "S_PSF": ("COMPLETE", "the PSF was measured"),
    }
    for keyword, value, comment in (
        ("STREHL", figures.strehl[main], "Strehl ratio of the brightest star"),
        ("STREHLER", figures.strehl_error[main], "one sigma of it"),
        ("PSFFWHM", figures.fwhm[main], "[mas] width at half maximum as seen"),
        ("PSFEE50", figures.ee50[main], "[mas] radius that holds half of the flux"),
        ("PSFEE80", figures.ee80[main], "[mas] radius that holds 80 % of the flux"),
    ):
        if math.isfinite(value):
            keywords[keyword] = (round(float(value), 6), comment)
    return Frame(
        image, error, None, header | {"BUNIT": "1", "SCALE": round(setting.pixel_mas / fine / 1000, 9)}
    ), keywords


def _of_sky(keyword: str) -> bool:
    """Keywords of the picture's place, which a PSF has not."""
    stems = ("CRVAL", "CRPIX", "CDELT", "CTYPE", "CUNIT", "CROTA", "CD1_", "CD2_", "PC1_", "PC2_", "WCSAXES")
    return keyword.startswith((*stems, "SUBSTRT", "SUBSIZE", "DETXSIZE", "DETYSIZE")) or keyword in {
        "SUBARRAY", "SUBARRID", "NAXIS1", "NAXIS2",
    }  # fmt: skip


def _marks(measured: Measured, figures: Figures, used: Mask, excluded: Mask) -> Marks:
    stars = measured.stars
    state = np.where(used, 0, 1).astype(np.int64)
    state[(figures.flags & SATURATED) != 0] = 2
    state[excluded] = 3
    return Marks(
        "stars",
        stars.x,
        stars.y,
        state,
        _STATES,
        np.ones(len(stars), np.int64),
        label=tuple(f"{k + 1}" + (f": {words}" if (words := figures.words(k)) else "") for k in range(len(stars))),
        values={
            "Strehl": figures.strehl,
            "FWHM (mas)": figures.fwhm,
            "ellipticity": figures.ellipticity,
            "angle (deg)": figures.angle,
            "EE50 (mas)": figures.ee50,
            "EE80 (mas)": figures.ee80,
            "flux": figures.flux,
        },
        toggles="exclude",
        adds="stars",
    )
