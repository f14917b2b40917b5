"""Curves and small tables that are shown beside the figures."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.figures import Figures, figures_of
from calgui.core.algorithms.psf.measured import Measured
from calgui.core.algorithms.psf.models import Fits
from calgui.core.algorithms.registry import Curve, Table
from calgui.core.frames.keywordmeaning import meaning_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: keywords that tell what the PSF was made by: NFIRAOS, guide stars, air, pointing (the telemetry table of IRIS)
_CONDITIONS = (
    "AOMODE", "AORATEHO", "AORATELO", "AORATELT", "AORATEWC", "AOTIER1", "AOTIER2", "AOTIER3", "AOTIER3F", "AOISMST",
    "LGSR0", "LGSTHT0", "LGSTHT2", "LGSL0", "LGSTAU0", "LGSCN2P", "NGSR0", "NGSL0", "NGSTAU0", "NGSPROF", "AONAALT",
    "VNWFGSIN", "OIWFS1ST", "OIWFS2ST", "OIWFS3ST", "ODGW1ST", "ODGW2ST", "ODGW3ST", "ODGW4ST", "ODGWIMEL", "ODGWIMS1",
    "ODGWIMS2", "SSLGSMAG", "PNTGST", "AIRMASS", "EL", "PARANG", "PROTANG", "PA", "DISNFVAL", "EXPTIME", "DATE-OBS",
    "TIME-OBS",
)  # fmt: skip
_SHOWN = 60


def conditions(header: Mapping[str, Any]) -> Table | None:
    """What the header says of adaptive optics, guide stars and air.

    Parameters
    ----------
    header : mapping
        Of the image.

    Returns
    -------
    Table or None
        None where it says nothing.
    """
    rows = []
    for keyword in _CONDITIONS:
        value = header.get(keyword)
        if value is None or str(value).strip() == "":
            continue
        known = meaning_of(keyword)
        rows.append((keyword, value, known.unit if known else "", known.text if known else ""))
    if not rows:
        return None
    return Table("Adaptive optics, guide stars and air", ("keyword", "value", "unit", "meaning"), tuple(rows))


def _rounded(value: float, digits: int = 3) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None


def star_table(measured: Measured, figures: Figures, used: Mask, excluded: Mask) -> Table:
    """The stars, as shown.

    Parameters
    ----------
    measured : Measured
        Stars.
    figures : Figures
        Their figures.
    used, excluded : ndarray of bool, shape (n,)
        Which are used, and left out by the user.

    Returns
    -------
    Table
        Those that are not used stand out.
    """
    stars = measured.stars
    shown = range(min(len(stars), _SHOWN))
    rows = tuple(
        (
            k + 1,
            _rounded(stars.x[k]),
            _rounded(stars.y[k]),
            _rounded(figures.strehl[k]),
            _rounded(figures.strehl_error[k]),
            _rounded(figures.wavefront[k], 1),
            _rounded(figures.fwhm[k], 2),
            _rounded(figures.ellipticity[k]),
            _rounded(figures.angle[k], 0),
            _rounded(figures.ee50[k], 2),
            _rounded(figures.ee80[k], 1),
            float(f"{figures.flux[k]:.5g}") if np.isfinite(figures.flux[k]) else None,
            "excluded" if excluded[k] else figures.words(k) or "used",
        )
        for k in shown
    )
    first = f"Stars (the first {_SHOWN} of {len(stars)})" if len(stars) > _SHOWN else "Stars"
    return Table(
        first,
        (
            "star", "x", "y", "Strehl", "±", "wavefront (nm)", "FWHM (mas)", "ellipticity", "angle (°)", "EE50 (mas)",
            "EE80 (mas)", "flux", "state",
        ),
        rows,
        tuple(k for k in shown if not used[k]),
    )  # fmt: skip


def fit_table(measured: Measured, fits: Fits, used: Mask, main: int) -> Table:
    """Parameters of the fitted model of the reported star.

    Parameters
    ----------
    measured : Measured
        Stars.
    fits : Fits
        The model.
    used : ndarray of bool, shape (n,)
        Which are used.
    main : int
        The reported star.

    Returns
    -------
    Table
    """
    rows: list[tuple[Any, ...]] = [
        (
            name,
            float(f"{fits.values[main, index]:.6g}") if np.isfinite(fits.values[main, index]) else None,
            float(f"{fits.errors[main, index]:.3g}") if np.isfinite(fits.errors[main, index]) else None,
            float(f"{np.median(fits.values[used, index]):.6g}") if used.any() else None,
        )
        for index, name in enumerate(fits.names)
    ]
    rows.append(
        (
            "reduced chi²",
            _rounded(fits.chi2[main]),
            None,
            _rounded(float(np.median(fits.chi2[used]))) if used.any() else None,
        )
    )
    return Table(f"Model {fits.model}, star {main + 1}", ("parameter", "value", "±", "median of all"), tuple(rows))


def curves(measured: Measured, figures: Figures, main: int, config: PsfConfig) -> tuple[Curve, ...]:
    """Profile and encircled energy of the reported star beside the perfect one, and the field.

    Parameters
    ----------
    measured : Measured
        Stars.
    figures : Figures
        Their figures.
    main : int
        The reported star.
    config : PsfConfig
        Flux radius.

    Returns
    -------
    tuple of Curve
    """
    stars, pixel = measured.stars, measured.setting.pixel_mas
    ring = stars.rings.of(main)
    flux, level = figures.flux[main], stars.background[main]
    radius = ring.radius * pixel
    inside = radius <= max(config.flux_radius, 50.0)
    with np.errstate(all="ignore"):
        light = np.log10(np.clip((ring.mean - level) / stars.shapes.peak[main], 1e-7, None))
    profile = {f"star {main + 1}": (radius[inside], light[inside])}
    grown = {f"star {main + 1}": (stars.rings.edges[inside] * pixel, ring.growth(level)[inside] / flux)}
    perfect = measured.perfect
    if perfect is not None:
        edges = np.concatenate([[0], stars.rings.edges])[: int(inside.sum()) + 1] * pixel
        energy = perfect.encircled_energy(edges)
        with np.errstate(all="ignore"):
            seen = np.diff(energy) / stars.rings.areas[inside] / perfect.peak
            profile["perfect star"] = (radius[inside], np.log10(np.clip(seen, 1e-7, None)))
        grown["perfect star"] = (edges[1:], energy[1:] / perfect.encircled_energy(figures.radius[main]))
    made = [
        Curve("Profile", "radius (mas)", "log10 of value over peak", profile),
        Curve("Encircled energy", "radius (mas)", "part of the flux", grown),
    ]
    if np.count_nonzero(np.isfinite(figures.strehl)) > 3:
        middle = (np.array(measured.frame.shape[::-1]) - 1) / 2
        apart = np.hypot(stars.x - middle[0], stars.y - middle[1]) * pixel / 1000
        made.append(
            Curve(
                "Strehl over the field", "distance from the middle (arcsec)", "Strehl ratio",
                {"stars": (apart, figures.strehl)}, points=("stars",),
            )
        )  # fmt: skip
    return tuple(made)


@dataclass(frozen=True)
class BySpectrum:
    """Figures of a cube's star by wavelength."""

    columns: dict[str, Floats]
    table: Table
    curves: tuple[Curve, ...]


def spectrum(measured: Measured, config: PsfConfig) -> BySpectrum:
    """Figures of the brightest star of a cube by wavelength.

    Parameters
    ----------
    measured : Measured
        With slices.
    config : PsfConfig
        Flux radius.

    Returns
    -------
    BySpectrum
    """
    names = ("strehl", "strehl_error", "wavefront", "fwhm", "ellipticity", "ee50", "ee80", "flux", "radius")
    n = len(measured.slices)
    found = {name: np.full(n, np.nan) for name in (*names, "x", "y")}
    for k, one in enumerate(measured.slices):
        if one.stars is None:
            continue
        figures = figures_of(one.stars, one.setting, one.perfect, config.flux_radius)
        for name in names:
            found[name][k] = getattr(figures, name)[0]
        found["x"][k], found["y"][k] = one.stars.x[0], one.stars.y[0]
    wave = np.array([one.wavelength_um for one in measured.slices])
    unit = {
        "wavefront": "_nm",
        "fwhm": "_mas",
        "ee50": "_mas",
        "ee80": "_mas",
        "radius": "_mas",
        "x": "_pixel",
        "y": "_pixel",
    }
    columns = {"wavelength_um": wave} | {f"{name}{unit.get(name, '')}": values for name, values in found.items()}
    columns["first_plane"] = np.array([one.planes[0] for one in measured.slices], np.float64)
    columns["last_plane"] = np.array([one.planes[1] for one in measured.slices], np.float64)
    heads = tuple(columns)
    rows = tuple(tuple(_rounded(columns[name][k], 4) for name in heads) for k in range(n))

    def drawn(title: str, label: str, *keys: tuple[str, str]) -> Curve | None:
        lines = {text: (wave, found[key]) for text, key in keys if np.isfinite(found[key]).any()}
        return Curve(title, "wavelength (µm)", label, lines) if lines else None

    shift = {key: found[key] - np.nanmedian(found[key]) for key in ("x", "y") if np.isfinite(found[key]).any()}
    made = [
        drawn("Strehl by wavelength", "Strehl ratio", ("Strehl", "strehl")),
        drawn("Width and energy by wavelength", "mas", ("FWHM", "fwhm"), ("EE50", "ee50")),
        Curve(
            "Centroid by wavelength",
            "wavelength (µm)",
            "pixel from the median",
            {k: (wave, v) for k, v in shift.items()},
        )
        if shift
        else None,
        drawn("Spectrum within the flux radius", measured.frame.unit or "flux", ("flux", "flux")),
    ]
    return BySpectrum(
        columns,
        Table("By wavelength", heads, rows),
        tuple(curve for curve in made if curve is not None),
    )
