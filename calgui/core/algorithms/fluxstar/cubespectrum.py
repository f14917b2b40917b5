"""``extract-star`` on a cube: the spectrum of a star within an aperture that follows it."""

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.fluxstar.config import StarConfig
from calgui.core.algorithms.fluxstar.cube import MeasuredCube, blocks_of
from calgui.core.algorithms.fluxstar.growth import weights
from calgui.core.algorithms.fluxstar.inputs import Floats, Mask
from calgui.core.algorithms.fluxstar.reporting import Flux, curves_of, flux_at, judge, keywords_of, marks_of, metrics_of
from calgui.core.algorithms.registry import Curve, Metric, Result, Verdict
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import ExtraHdu
from calgui.core.jobs import Job

_ESTIMATED = flags.BY_NAME["FLUX_ESTIMATED"].value
#: a value is not used where less of the profile was seen, and is an estimate where less than all was
SEEN, _ALL = 0.7, 0.999
#: values that cannot be used, as a part of the spectrum, that are worth a word
_LOST = 0.02
_WCS = re.compile(r"(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME|CRDER|CSYER)\d+$|(CD|PC|PV)\d+_\d+$|WCSAXES$|NAXIS\d*$")


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Light within a circle at each wavelength.

    Attributes
    ----------
    flux, error : ndarray of float64, shape (n,)
        e-/s.
    seen : ndarray of float64
        Part of the star's light in it that was seen, from 0 to 1.
    saturated : ndarray of bool
        Whether a value of the circle is saturated.
    """

    flux: Floats
    error: Floats
    seen: Floats
    saturated: Mask


def spectrum_within(measured: MeasuredCube, radius: float) -> Spectrum:
    """Light within circles at each wavelength; what was not seen is scaled by the mean image of the star.

    Parameters
    ----------
    measured : MeasuredCube
        The star.
    radius : float
        Pixels.

    Returns
    -------
    Spectrum
    """
    n, shape = measured.data.shape[0], measured.data.shape[1:]
    gone = measured.image.part.gone
    flux, spread, area, seen = (np.zeros(n) for _ in range(4))
    saturated = np.zeros(n, np.bool_)
    profile = np.maximum(measured.image.part.data, 0)
    for block in blocks_of(n) if np.ptp(measured.x) + np.ptp(measured.y) else [slice(0, n)]:
        x, y = float(measured.x[block].mean()), float(measured.y[block].mean())
        where, parts = weights(shape, x, y, radius)
        use = measured.good[(block, *where)] & ~gone[where]
        own = parts * profile[where]
        seen[block] = (use * own).sum(axis=(1, 2)) / max(float(own.sum()), 1e-300)
        flux[block] = (use * parts * measured.data[(block, *where)]).sum(axis=(1, 2), dtype=np.float64)
        spread[block] = (use * parts**2 * measured.variance[(block, *where)]).sum(axis=(1, 2), dtype=np.float64)
        area[block] = (use * parts).sum(axis=(1, 2))
        saturated[block] = (measured.saturated[(block, *where)] & (parts > 0)).any(axis=(1, 2))
    share = np.where(seen > 0, seen, np.nan)
    return Spectrum(flux / share, np.sqrt(spread + (area * measured.background_error) ** 2) / share, seen, saturated)


def smooth_correction(inner: Spectrum, whole: Spectrum, usual: float) -> tuple[Floats, float]:
    """Aperture correction against wavelength: a smooth curve through that of blocks, and its error.

    Parameters
    ----------
    inner, whole : Spectrum
        Within the aperture, and within the flux radius.
    usual : float
        That of the mean image, for a cube of too few wavelengths.

    Returns
    -------
    tuple of ndarray of float64 and float
    """
    n = inner.flux.size
    rows = []
    for block in blocks_of(n):
        use = (inner.seen[block] >= SEEN) & (whole.seen[block] >= SEEN)
        small, large = float(inner.flux[block][use].sum()), float(whole.flux[block][use].sum())
        error = math.sqrt(float((whole.error[block][use] ** 2).sum()))
        if use.any() and small > 0 and error > 0:
            rows.append(((block.start + block.stop - 1) / 2, large / small, error / small))
    if len(rows) < 4:
        return np.full(n, usual), 0.0
    at, value, sigma = (np.array(column) for column in zip(*rows, strict=True))
    place = np.linspace(-1, 1, n)
    order = 2 if len(rows) >= 8 else 1
    made, covariance = np.polyfit(np.interp(at, np.arange(n), place), value, order, w=1 / sigma, cov="unscaled")
    error = math.sqrt(float(np.mean(np.einsum("ni,ij,nj->n", v := np.vander(place, order + 1), covariance, v))))
    return np.asarray(np.polyval(made, place), np.float64), error


def extracted_cube(measured: MeasuredCube, config: StarConfig, job: Job) -> Result:
    """The spectrum of a star in a cube.

    Parameters
    ----------
    measured : MeasuredCube
        See `measure_cube`.
    config : StarConfig
        ``radius``, ``correction``.
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
        A spectrum SCI, ERR, DQ in e-/s, with tables ``SPECTRUM`` and ``GROWTH``.

    Raises
    ------
    AlgorithmError
        When no wavelength can be used.
    """
    image = measured.image
    flux = flux_at(image, config)
    last = float(image.growth.radius[-1])
    inner = spectrum_within(measured, flux.radius)
    job.check()
    correction, spread = np.ones(measured.wavelength.size), 0.0
    if config.correction == "psf":
        correction *= flux.corrected.correction
        spread = flux.corrected.correction_error
    elif config.correction == "star" and flux.radius < last:
        correction, spread = smooth_correction(inner, spectrum_within(measured, last), flux.corrected.correction)
    sci, err, quality = _written(inner, correction)
    lost = np.isnan(sci)
    if lost.all():
        raise AlgorithmError(
            "No wavelength of the star can be used: its spaxels are NaN or flagged.", cure="Choose another star."
        )
    metrics = _metrics(measured, flux, inner, correction, spread, sci, err)
    verdict, reasons = _judged(measured, flux, lost, inner.saturated, ~lost)
    wave = measured.wavelength
    spectrum = Curve("Spectrum", "Wavelength (nm, vacuum)", "Flux (e-/s)", {"star": (wave, sci), "error": (wave, err)})
    factor = Curve("Aperture correction", "Wavelength (nm, vacuum)", "Factor", {"correction": (wave, correction)})
    job.report(1.0, "Done")
    return Result(
        frame=Frame(sci.astype(np.float32), err.astype(np.float32), quality, _header(measured), image.picture.path),
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=(spectrum, *curves_of(image, flux, None), factor),
        keywords=keywords_of(metrics),
        extensions=_tables(measured, sci, err, quality, correction),
        picture=image.picture,
        marks=marks_of(image, flux),
    )


def _written(inner: Spectrum, correction: Floats) -> tuple[Floats, Floats, npt.NDArray[np.uint32]]:
    """The whole star's flux and error, NaN where they cannot be used, and the bits that say why."""
    sci, err = inner.flux * correction, inner.error * correction
    quality = np.zeros(sci.size, np.uint32)
    quality[inner.saturated] |= np.uint32(flags.SATURATED)
    quality[inner.seen < _ALL] |= np.uint32(_ESTIMATED)
    lost = ~(inner.seen >= SEEN) | ~np.isfinite(sci)
    quality[lost] |= np.uint32(flags.DO_NOT_USE)
    return np.where(lost, np.nan, sci), np.where(lost, np.nan, err), quality


def _metrics(
    measured: MeasuredCube, flux: Flux, inner: Spectrum, correction: Floats, spread: float, sci: Floats, err: Floats
) -> dict[str, Metric]:
    use = ~np.isnan(sci)
    error = math.hypot(float(np.sqrt(np.sum(err[use] ** 2)) / use.sum()), spread * float(np.mean(inner.flux[use])))
    shift = math.hypot(float(measured.x[-1] - measured.x[0]), float(measured.y[-1] - measured.y[0]))
    estimated = int(np.count_nonzero((inner.seen < _ALL) & use))
    return metrics_of(measured.image, flux) | {
        "peak_e": Metric(None, "e-", "Not told of a cube: its values are no pixels of the detector."),
        "aperture_correction": Metric(float(np.median(correction[use])), "", "Median factor to the flux radius."),
        "aperture_correction_error": Metric(spread, "", "One sigma of it, the same for all wavelengths."),
        "flux_e_per_s": Metric(float(np.mean(sci[use])), "e-/s", "Mean flux of one step of wavelength."),
        "flux_error_e_per_s": Metric(error, "e-/s", "One sigma of that mean."),
        "median_snr": Metric(float(np.median(sci[use] / err[use])), "", "Of one step of wavelength."),
        "n_wavelengths": Metric(int(sci.size), "", "Steps of wavelength."),
        "n_lost": Metric(int(sci.size - use.sum()), "", "Steps that cannot be used."),
        "n_estimated": Metric(estimated, "", "Steps that are partly estimated."),
        "shift_pixel": Metric(
            shift,
            "pixel",
            "By which the star moves from the first to the last wavelength; the aperture follows.",
        ),
    }


def _tables(
    measured: MeasuredCube, sci: Floats, err: Floats, quality: npt.NDArray[np.uint32], correction: Floats
) -> tuple[ExtraHdu, ExtraHdu]:
    columns = {
        "wavelength": measured.wavelength / 1e3,
        "flux": sci,
        "flux_error": err,
        "dq": quality.astype(np.int64),
        "background": measured.background,
        "aperture_correction": correction,
    }
    growth = measured.image.growth
    grown = {
        "radius": growth.radius * measured.image.facts.pixel_mas,
        "flux": growth.flux,
        "flux_error": growth.error,
    }
    units = {"wavelength": "um", "radius": "mas"} | dict.fromkeys(("flux", "flux_error", "background"), "electron/s")
    return (
        ExtraHdu("SPECTRUM", columns, {name: units[name] for name in columns if name in units}),
        ExtraHdu("GROWTH", grown, {name: units[name] for name in grown if name in units}),
    )


def _judged(
    measured: MeasuredCube, flux: Flux, lost: Mask, saturated: Mask, use: Mask
) -> tuple[Verdict, tuple[str, ...]]:
    verdict, reasons = judge(replace(measured.image, counted=True, propagated=measured.propagated), flux, None)
    doubtful, bad = [], []
    part = float(np.count_nonzero(saturated & use)) / saturated.size
    if part:
        bad.append(f"{100 * part:.1f} % of the wavelengths are saturated within the aperture.")
    gone = float(lost.mean())
    if gone > _LOST:
        doubtful.append(f"{100 * gone:.1f} % of the wavelengths cannot be used, more than {100 * _LOST:g} %.")
    if bad:
        verdict = "bad"
    elif doubtful and verdict == "good":
        verdict = "doubtful"
    return verdict, (*bad, *reasons, *doubtful)


def _header(measured: MeasuredCube) -> dict[str, Any]:
    """That of the cube, with the one axis that is left: vacuum, µm."""
    wave = measured.wavelength / 1e3
    header = {key: value for key, value in measured.header.items() if not _WCS.match(key)}
    header["BUNIT"] = "electron/s"
    step = float(wave[-1] - wave[0]) / max(wave.size - 1, 1)
    if np.allclose(wave, wave[0] + step * np.arange(wave.size), rtol=0, atol=1e-3 * abs(step)):
        header |= {
            "WCSAXES": 1, "CTYPE1": "WAVE", "CUNIT1": "um", "CRPIX1": 1.0, "CRVAL1": float(wave[0]), "CDELT1": step,
        }  # fmt: skip
    return header
