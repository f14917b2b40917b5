"""What the subtraction left, by wavelength and by family, beside what noise alone would leave."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.cubesky.linemodel import Measured
from calgui.core.algorithms.cubesky.scaling import UNCERTAIN, Fit
from calgui.core.algorithms.cubesky.spaxels import from_medians
from calgui.core.algorithms.registry import Curve, Table
from calgui.core.spectra.airglow import SkyLines

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: residuals over noise up to this are good, up to the second doubtful
GOOD, BAD = 1.3, 2.0
#: values so far off, in expected noise, are hits of cosmic rays that no flag tells of
_HIT = 8.0
#: rows of the list of lines that a table shows
_MOST_LINES = 60


@dataclass(frozen=True)
class Left:
    """Residuals of the empty spaxels.

    Attributes
    ----------
    before, after, expected : ndarray of float64, shape (n,)
        Root mean square of science less sky as it is, of the result, and of its expected noise; NaN where unknown.
    mean_before, mean_after, mean_noise : ndarray of float64, shape (n,)
        Means over the spaxels, and the expected error of such a mean.
    on_line : ndarray of bool, shape (n,)
        Planes where a line of the sky is brighter than the noise of a spaxel.
    """

    before: Floats
    after: Floats
    expected: Floats
    mean_before: Floats
    mean_after: Floats
    mean_noise: Floats
    on_line: Mask

    def ratio(self, planes: Mask, which: str = "after") -> float | None:
        """RMS over planes by the expected noise.

        Parameters
        ----------
        planes : ndarray of bool, shape (n,)
            Which.
        which : str
            ``after`` or ``before``.

        Returns
        -------
        float or None
            None where there is no plane, or no error is known.
        """
        left = rms(getattr(self, which), planes)
        noise = rms(self.expected, planes)
        return left / noise if left is not None and noise else None


def rms(values: Floats, planes: Mask) -> float | None:
    """Root mean square over planes.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        RMS of each plane.
    planes : ndarray of bool, shape (n,)
        Which.

    Returns
    -------
    float or None
        None where none of them has a value.
    """
    kept = values[planes & np.isfinite(values)]
    return float(np.sqrt(np.mean(kept**2))) if kept.size else None


def look(before: Singles, after: Singles, variance: Singles, light: Floats) -> Left:
    """Measure residuals.

    Parameters
    ----------
    before, after, variance : ndarray of float32, shape (n, m)
        Science less sky as it is, and as it was fitted; expected variance of the latter, NaN where no error is known.
    light : ndarray of float64, shape (n,)
        Lines of the sky.

    Returns
    -------
    Left
    """
    # what a cosmic ray left is a hit against all other spaxels, whatever the sky left in all of them
    apart, scatter = from_medians(after)
    good = np.isfinite(after) & (apart <= _HIT * scatter)
    count = np.count_nonzero(good, axis=1)
    divisor = np.where(count > 0, count, np.nan)
    known = good & np.isfinite(variance)
    expected = np.sqrt(
        np.where(known, variance, 0).sum(axis=1, dtype=np.float64)
        / np.where(known.any(axis=1), known.sum(axis=1), np.nan)
    )

    def mean(values: Any) -> Floats:
        return np.asarray(np.where(good & np.isfinite(values), values, 0).sum(axis=1, dtype=np.float64) / divisor)

    noise = np.where(np.isfinite(expected), expected, scatter[:, 0].astype(np.float64))
    quiet = light < np.percentile(light, 40)
    floor = float(np.nanmedian(noise[quiet])) if np.isfinite(noise[quiet]).any() else 0.0
    return Left(
        before=np.sqrt(mean(np.square(before))),
        after=np.sqrt(mean(np.square(after))),
        expected=expected,
        mean_before=mean(before),
        mean_after=mean(after),
        mean_noise=noise / np.sqrt(divisor),
        on_line=(light > floor) & (light > 0.002 * max(float(light.max(initial=0)), 0)),
    )


def planes_of(fit: Fit, left: Left, family: int) -> Mask:
    """Planes whose light is mostly of one family, on its lines.

    Parameters
    ----------
    fit : Fit
        Shares.
    left : Left
        Says where lines are.
    family : int
        Its number.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    return np.asarray(left.on_line & (fit.share[family] > 0.5))


def family_table(fit: Fit, left: Left, unit: str) -> Table:
    """One row for each family.

    Parameters
    ----------
    fit : Fit
        Scales.
    left : Left
        Residuals.
    unit : str
        Of the cube.

    Returns
    -------
    Table
        Rows with a residual above `GOOD` times the noise stand out.
    """
    rows, flagged = [], []
    for number, name in enumerate(fit.names):
        planes = planes_of(fit, left, number)
        ratio = left.ratio(planes)
        held = fit.errors[number] > UNCERTAIN
        rows.append(
            (
                name,
                round(float(fit.scales[number]), 4),
                round(float(fit.errors[number]), 4),
                int(np.count_nonzero(planes)),
                _rounded(rms(left.after, planes)),
                _rounded(rms(left.expected, planes)),
                _rounded(ratio, 3),
                _rounded(left.ratio(planes, "before"), 3),
                "too faint here: follows the others" if held else "",
            )
        )
        if ratio is not None and ratio > GOOD:
            flagged.append(number)
    u = f" ({unit})" if unit else ""
    return Table(
        "OH families",
        ("family", "scale", "error", "planes", f"residual RMS{u}", f"expected{u}", "ratio", "ratio before", "note"),
        tuple(rows),
        tuple(flagged),
    )


def line_table(fit: Fit, measured: Measured, lines: SkyLines, left: Left, wavelength: Floats) -> Table:
    """The lines of the sky that were used, the brightest of them.

    Parameters
    ----------
    fit : Fit
        Families and light.
    measured : Measured
        Whether there are any.
    lines : SkyLines
        The list.
    left : Left
        Residuals.
    wavelength : ndarray of float64, shape (n,)
        Of the planes, nm.

    Returns
    -------
    Table
        By wavelength: family, branch, light where the line is, and residual over noise there.
    """
    part = lines.within(float(wavelength.min()), float(wavelength.max()))
    order = np.argsort(wavelength)
    plane = order[np.clip(np.searchsorted(wavelength[order], part.wavelength), 1, len(wavelength) - 1)]
    before = order[np.clip(np.searchsorted(wavelength[order], part.wavelength), 1, len(wavelength) - 1) - 1]
    nearer = np.abs(wavelength[before] - part.wavelength) < np.abs(wavelength[plane] - part.wavelength)
    plane = np.where(nearer, before, plane)
    # both lines of a doublet are one here
    seen: dict[tuple[str, str], int] = {}
    for number in np.argsort(-part.intensity, kind="stable"):
        if measured.found and left.on_line[plane[number]]:
            seen.setdefault((part.family[number], part.branch[number]), int(number))
    chosen = sorted(list(seen.values())[:_MOST_LINES])
    rows, flagged = [], []
    for row, number in enumerate(chosen):
        here = slice(max(int(plane[number]) - 1, 0), int(plane[number]) + 2)
        mask = np.zeros(len(wavelength), np.bool_)
        mask[here] = True
        ratio = left.ratio(mask)
        if ratio is not None and ratio > GOOD:
            flagged.append(row)
        rows.append(
            (
                f"{part.wavelength[number]:.2f}",
                part.family[number] or "not known",
                part.branch[number],
                _rounded(float(fit.light[plane[number]])),
                _rounded(ratio, 3),
            )
        )
    return Table(
        "Sky lines used", ("wavelength (nm)", "family", "branch", "light in the sky", "residual / noise"),
        tuple(rows), tuple(flagged),
    )  # fmt: skip


def curves(fit: Fit, left: Left, wavelength: Floats, unit: str) -> tuple[Curve, ...]:
    """Residuals by wavelength, and by family.

    Parameters
    ----------
    fit : Fit
        Families.
    left : Left
        Residuals.
    wavelength : ndarray of float64, shape (n,)
        Of the planes, nm.
    unit : str
        Of the cube.

    Returns
    -------
    tuple of Curve
        Residual over noise on the lines of each family; residual by wavelength before and after with the noise that is
        expected; the mean spectrum before and after; the sky that was taken off.
    """
    u = f" ({unit})" if unit else ""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = left.after / left.expected
    lines: dict[str, tuple[Any, Any]] = {}
    for number, name in enumerate(fit.names):
        planes = planes_of(fit, left, number)
        if planes.any():
            lines[name] = (wavelength, np.where(planes, ratio, np.nan))
    made = []
    if lines and np.isfinite(ratio).any():
        ends = wavelength[[0, -1]]
        lines["limit 1.3"] = (ends, np.full(2, GOOD))
        made.append(Curve("Residual over expected noise, by family", "wavelength (nm)", "residual / noise", lines))
    made += [
        Curve(
            "Residual by wavelength, RMS over the empty spaxels",
            "wavelength (nm)",
            f"RMS{u}",
            {
                # what is looked for lies on top: a good residual is where its noise is
                "before": (wavelength, left.before),
                "expected noise": (wavelength, left.expected),
                "after": (wavelength, left.after),
            },
        ),
        Curve(
            "Residual by wavelength, mean of the empty spaxels",
            "wavelength (nm)",
            f"mean{u}",
            {
                "before": (wavelength, left.mean_before),
                "noise of the mean": (
                    np.concatenate([wavelength, [np.nan], wavelength]),
                    np.concatenate([left.mean_noise, [np.nan], -left.mean_noise]),
                ),
                "after": (wavelength, left.mean_after),
            },
        ),
        Curve(
            "Sky that was subtracted",
            "wavelength (nm)",
            f"sky{u}",
            {"lines and continuum": (wavelength, fit.light + fit.continuum), "continuum": (wavelength, fit.continuum)},
        ),
    ]
    return tuple(made)


def _rounded(value: float | None, digits: int | None = None) -> float | None:
    if value is None or not np.isfinite(value):
        return None
    return float(f"{value:.4g}") if digits is None else round(value, digits)
