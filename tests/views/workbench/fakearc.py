"""An algorithm for tests alone: lines of a field of spectra found once, and polynomials fitted to them by option."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from calgui.core.algorithms.options import option
from calgui.core.algorithms.registry import Algorithm, Curve, Metric, Result, in_two_steps
from calgui.core.algorithms.spectrumedits import nearest_listed, parse_identified, parse_wavelengths
from calgui.core.algorithms.spectrummarks import LinesOfSpectra, OneFit, Spectra
from calgui.core.frames.frame import FrameLike
from calgui.core.frames.writing import ExtraHdu
from calgui.core.jobs import Job

ROWS, COLUMNS, PIXELS, FWHM = 6, 8, 400, 2.6
#: the list: the last is not in the lamp; an unlisted line shines at `UNLISTED`
SPECIES = ("Ar", "Kr", "Ar", "Xe", "Kr", "Ar", "Xe", "Ar", "Kr", "Ar")
LISTED = np.array([1205.1, 1211.564, 1217.3, 1224.6, 1228.9, 1235.0, 1243.932, 1249.2, 1255.1, 1232.0])
INTENSITY = np.array([0.4, 1.0, 0.6, 0.3, 0.8, 0.5, 0.7, 0.9, 0.35, 0.2])
UNLISTED, UNSEEN = 1239.0, 9
#: Legendre coefficients of the spectrum in the middle, nm over all pixels
TRUTH = np.array([1230.0, 29.0, 0.3])
EMPTY, STRANGE = (1, 2), (4, 5)
measured: list[int] = []


@dataclass(frozen=True)
class ArcConfig:
    """Options of both parts."""

    order: int = option(2, "Of the polynomial.", minimum=1, maximum=5)
    identify: str = option("", "Lines identified by hand: pixel=nm.")
    exclude: str = option("", "Listed lines that are left out: nm.")


def coefficients(row: int, column: int) -> Any:
    """The truth of one spectrum."""
    return TRUTH + np.array([0.02 * (row - ROWS // 2) + 0.05 * (column - COLUMNS // 2), 0.004 * column, 0.0])


def field(seed: int = 1, rows: int = ROWS, columns: int = COLUMNS) -> Any:
    """Spectra of a lamp, one shifted line in one of them (`STRANGE`), and one without light (`EMPTY`)."""
    rng = np.random.default_rng(seed)
    made = np.zeros((rows * columns, PIXELS), np.float32)
    u = np.linspace(-1, 1, PIXELS)
    waves = np.append(LISTED, UNLISTED)
    strength = np.append(INTENSITY, 0.45)
    strength[UNSEEN] = 0
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        at = np.interp(waves, np.polynomial.legendre.legval(u, coefficients(row, column)), np.arange(PIXELS))
        if (row, column) == STRANGE:
            at[4] += 1.2
        if (row, column) != EMPTY:
            flux = strength * 9000
            made[number] = (flux * np.exp(-0.5 * ((np.arange(PIXELS)[:, None] - at) / (FWHM / 2.3548)) ** 2)).sum(
                axis=1
            )
        made[number] += 50 + rng.normal(0, 6, PIXELS)
    return made


def write_field(path: Path, seed: int = 1) -> Path:
    """The same as a file."""
    hdu = fits.PrimaryHDU(field(seed))
    hdu.header["INSTRUME"], hdu.header["DATE-OBS"], hdu.header["TIME-OBS"] = "IRIS", "2026-03-11", "01:00:00"
    hdu.writeto(path, overwrite=True)
    return path


@dataclass(frozen=True)
class Found:
    """Lines of all spectra."""

    flux: Any
    spectrum: Any
    pixel: Any
    strength: Any


def _measure(frames: Sequence[FrameLike], _references: Mapping[str, FrameLike], _config: ArcConfig, job: Job) -> Found:
    flux = np.array(frames[0].rows(0, frames[0].shape[-2]).data)
    job.check()
    measured.append(len(flux))
    return found_in(flux)


def found_in(flux: Any) -> Found:
    """Peaks and their centroids."""
    from scipy.signal import find_peaks

    spectrum, pixel, strength = [], [], []
    for number, one in enumerate(flux):
        for peak in find_peaks(one, height=400)[0]:
            part = slice(max(peak - 4, 0), peak + 5)
            above = np.clip(one[part] - 50, 0, None)
            spectrum.append(number)
            pixel.append(float((np.arange(PIXELS)[part] * above).sum() / above.sum()))
            strength.append(float(above.sum()))
    return Found(flux, np.array(spectrum), np.array(pixel), np.array(strength))


def spectra_of(found: Found, order: int = 2, identify: str = "", exclude: str = "", main: int | None = None) -> Spectra:
    """Fit all spectra; the main one is that in the middle."""
    rows = len(found.flux) // COLUMNS
    main = (rows // 2) * COLUMNS + COLUMNS // 2 if main is None else main
    out = set(nearest_listed(parse_wavelengths(exclude), LISTED).tolist())
    hand = parse_identified(identify)
    u_of = lambda pixel: 2 * np.asarray(pixel) / (PIXELS - 1) - 1  # noqa: E731
    columns: list[list[float]] = []
    count = len(found.flux)
    fitted, state, rms = np.full((count, order + 1), np.nan), np.zeros(count, int), np.full(count, np.nan)
    why = {}
    for number in range(count):
        mine = np.flatnonzero(found.spectrum == number)
        seed = np.polynomial.legendre.legval(u_of(found.pixel[mine]), coefficients(*divmod(number, COLUMNS)))
        listed = nearest_listed(seed, LISTED, 0.4)
        waves = np.where(listed >= 0, LISTED[listed], np.nan)
        for one in hand if number == main else ():
            at = int(np.abs(found.pixel[mine] - one.pixel).argmin())
            waves[at], listed[at] = one.wavelength, nearest_listed([one.wavelength], LISTED)[0]
        excluded = np.isin(listed, list(out)) & (listed >= 0)
        known = np.isfinite(waves) & ~excluded
        if known.sum() <= order + 1:
            state[number], why[number] = (3, "It has no light.") if not mine.size else (2, "It has too few lines.")
            columns += [[number, p, 0.02, w, np.nan, s, 3, n] for p, w, s, n in
                        zip(found.pixel[mine], waves, found.strength[mine], listed, strict=True)]  # fmt: skip
            continue
        use = known.copy()
        for _ in range(3):
            fitted[number] = np.polynomial.legendre.legfit(u_of(found.pixel[mine][use]), waves[use], order)
            slope = (fitted[number, 1]) * 2 / (PIXELS - 1)
            residual = (waves - np.polynomial.legendre.legval(u_of(found.pixel[mine]), fitted[number])) / slope
            use = known & (np.abs(residual) < max(0.3, 3 * float(np.median(np.abs(residual[known])))))
        rms[number] = float(np.sqrt(np.mean(residual[use] ** 2)))
        if (known & ~use).any():
            state[number], why[number] = 1, "1 line lies far off the others."
        line = np.where(excluded, 2, np.where(~np.isfinite(waves), 3, np.where(use, 0, 1)))
        columns += [[number, p, 0.02, w, r, s, t, n] for p, w, r, s, t, n in zip(
                    found.pixel[mine], waves, residual, found.strength[mine], line, listed, strict=True)]  # fmt: skip
        for gone in sorted(set(range(LISTED.size)) - set(listed.tolist())):
            grid = np.polynomial.legendre.legval(u_of(np.arange(PIXELS)), fitted[number])
            columns.append([number, float(np.interp(LISTED[gone], grid, np.arange(PIXELS))), np.nan, LISTED[gone],
                            np.nan, np.nan, 4, gone])  # fmt: skip
    table = np.array(columns, float).T
    kinds = [int, float, float, float, float, float, int, int]
    lines = LinesOfSpectra(*(column.astype(kind) for column, kind in zip(table, kinds, strict=True)))
    place = tuple(np.divmod(np.arange(count), COLUMNS))
    return Spectra(
        found.flux, fitted, (0.0, PIXELS - 1.0), state, rms, np.where(state == 3, np.nan, FWHM), lines, main, SPECIES,
        LISTED, INTENSITY, place=(place[0], place[1]), why=why,
        maps={"resolution": np.where(state == 3, np.nan, 4000.0).reshape(rows, COLUMNS)},
        identifies="identify", excludes="exclude",
    )  # fmt: skip


def _refit(found: Found, config: ArcConfig, _job: Job) -> Result:
    spectra = spectra_of(found, config.order, config.identify, config.exclude)
    rms = float(np.nanmedian(spectra.rms))
    used = int((spectra.lines.state == 0).sum())
    metrics = {
        "rms_pixel": Metric(rms, "pixel", "Median of the spectra."), "n_lines_used": Metric(used, "", "Lines."),
    }  # fmt: skip
    pixels = np.arange(PIXELS, dtype=float)
    slope = np.gradient(spectra.wavelengths(spectra.main))
    curve = Curve("Dispersion", "pixel", "nm per pixel", {"main spectrum": (pixels, slope)})
    table = ExtraHdu("WAVE", {"rms": spectra.rms}, {"rms": "pixel"})
    return Result(None, metrics, curves=(curve,), extensions=(table,), spectra=spectra)


def _glance(found: Found, config: ArcConfig, before: Spectra, spectrum: int) -> Spectra | None:
    """All of them are fitted here too: the page does not look at what it costs."""
    if config.identify:
        return None
    after = spectra_of(found, config.order, config.identify, config.exclude)
    rows, lines = after.lines.of(spectrum), after.lines
    one = OneFit(
        after.coefficients[spectrum], int(after.state[spectrum]), float(after.rms[spectrum]),
        after.why.get(spectrum, ""), lines.residual[rows], lines.state[rows],
    )  # fmt: skip
    return before.with_one(spectrum, one)


ARC = Algorithm(
    "fake-arc", "Lamp of a field", "Finds lines and fits polynomials to them.", "extracted spectra", ArcConfig,
    in_two_steps(_measure, _refit), product="WAVECAL", measure=_measure, refit=_refit,
    glance=_glance, refits=("order", "identify", "exclude"),
)  # fmt: skip
