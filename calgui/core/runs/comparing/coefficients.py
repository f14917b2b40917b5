"""New coefficients of non-linearity beside those in use: what both do to a signal, up to 80 % of saturation."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import ADU, ELECTRON, canonical_unit, file_name, number
from calgui.core.algorithms.geometry import place_in, region_of
from calgui.core.algorithms.profiles import histogram
from calgui.core.algorithms.ramps.response import FORMS
from calgui.core.algorithms.registry import Curve, Metric
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import header_of
from calgui.core.runs.comparing.values import Changes, Comparison

BoolArray = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

#: the part of saturation up to which corrections are compared, and from which on: near zero they are noise over nothing
_UPPER, _LOWER = 0.8, 0.05
#: signals at which they are
_POINTS = 16
#: pixels that differ by more of their signal are counted: what a correction is to be good to
_LIMIT = 0.002
_BAND = 64
#: pixels of one set of coefficients that are looked at, about
_SEEN = 500_000


@dataclass(frozen=True)
class _Coefficients:
    """Plain polynomials of the same pixels, for signals in adu (or electrons, where both are).

    Attributes
    ----------
    terms : ndarray of float32, shape (n, ny, nx) or (n, 1, 1)
        From c0 on: light is ``Σ terms[k] s^k``.
    unit : str
        Of s; empty where the header does not say.
    saturation : float
        In that unit; infinite where the header does not say.
    most : float
        Above it they are not valid.
    """

    terms: FloatArray
    unit: str
    saturation: float
    most: float

    def corrections(self, signal: float, rows: slice) -> Floats:
        """Light over signal less one, of rows; NaN where a pixel has no correction.

        Parameters
        ----------
        signal : float
            In `unit`.
        rows : slice
            Which.

        Returns
        -------
        ndarray of float64, shape (ny, nx) or (1, 1)
        """
        terms = self.terms if self.terms.shape[-2] == 1 else self.terms[:, rows]
        total = np.zeros(terms.shape[1:])
        for term in terms[::-1]:
            total = total * signal + term
        total[~corrected(terms)] = np.nan
        return total / signal - 1


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare coefficients of the same detector.

    Parameters
    ----------
    new, old : Frame
        Coefficients (n, ny, nx) with LINFORM, or (n, 1, 1) for one set for all pixels; the new one's part is cut out
        of the old one where that is larger.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Comparison
        The difference's data are the correction at 80 % of saturation, new less old, as a part of the signal; NaN where
        either has none. ``new`` and ``gone`` are pixels that gained or lost a correction.

    Raises
    ------
    InputError
        When the old ones do not cover the new ones' pixels, or a header does not say what they mean.
    """
    job = job or Job("Compare coefficients of non-linearity")
    ours, theirs = _read(new), _read(_part(new, old))
    theirs = _in_unit(theirs, ours, new, old)
    top = min(ours.saturation, theirs.saturation)
    if not math.isfinite(top):
        top = min(ours.most, theirs.most)
    if not math.isfinite(top):
        raise InputError(
            "Neither SATURATE nor LINMAX is there: up to which signal is to be compared is not known.",
            path=old.path,
            cure="Add SATURATE, in electrons, and GAIN to its header.",
        )
    light = region_of(new).mask() if ours.terms.shape[-2:] != (1, 1) else np.ones((1, 1), bool)
    signals = np.linspace(_LOWER, _UPPER, _POINTS) * top
    found = _differences(ours, theirs, signals, light, job)
    has_ours, has_theirs = (light & np.broadcast_to(corrected(one.terms), light.shape) for one in (ours, theirs))
    bits = np.where(found.at_top != found.at_top, np.uint32(flags.NO_LIN_CORR), np.uint32(0))
    metrics = _metrics(found, signals, light, has_ours & ~has_theirs, has_theirs & ~has_ours)
    unit = ours.unit or "unit of the reads"
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics, theirs, _UPPER * top, unit),
        old.path,
        difference=Frame(found.at_top, None, bits, header_of(new)),
        metrics=metrics,
        changes=(
            Changes("new", np.argwhere(has_ours & ~has_theirs)),
            Changes("gone", np.argwhere(has_theirs & ~has_ours)),
        ),
        curves=_curves(found, signals, unit),
    )


def corrections_of(frame: Frame, parts: Sequence[float]) -> Floats:
    """What coefficients do to signals.

    Parameters
    ----------
    frame : Frame
        As for `compare`.
    parts : sequence of float
        Of saturation, or of LINMAX where the header does not say that.

    Returns
    -------
    ndarray of float64, shape (parts, pixels)
        Light over signal less one; NaN where a pixel has no correction. Reference pixels are left out, and of a large
        detector rows are left out evenly.

    Raises
    ------
    InputError
        The header does not say what they mean, or up to which signal they hold.
    """
    coefficients = _read(frame)
    top = min(coefficients.saturation, coefficients.most)
    if not math.isfinite(top):
        raise InputError(
            "Neither SATURATE nor LINMAX is there: up to which signal it holds is not known.",
            path=frame.path,
            cure="Add SATURATE, in electrons, and GAIN to its header.",
        )
    ny, nx = coefficients.terms.shape[-2:]
    rows = slice(None, None, max(1, ny * nx // _SEEN))
    light = np.ones((1, 1), bool) if (ny, nx) == (1, 1) else region_of(frame).mask()[rows]
    return np.stack([coefficients.corrections(part * top, rows)[light] for part in parts])


def corrected(terms: FloatArray) -> BoolArray:
    """Which pixels have a correction: finite coefficients that do something.

    Parameters
    ----------
    terms : ndarray of float32, shape (n, ny, nx)
        Of the plain polynomial.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    bends = (terms[2:] != 0).any(axis=0) | (terms[0] != 0) | ((terms[1] != 0) & (terms[1] != 1))
    made: BoolArray = np.isfinite(terms).all(axis=0) & bends
    return made


def _read(frame: Frame) -> _Coefficients:
    said = str(frame.header.get("LINFORM") or "").strip().upper()
    if said not in FORMS:
        raise InputError(
            f"LINFORM, what the coefficients mean, is {said or 'missing'}.",
            path=frame.path,
            cure=f"It is one of {', '.join(FORMS)}.",
        )
    c = frame.data
    if c.ndim != 3 or c.shape[0] < 2:
        raise InputError(
            f"The coefficients have {c.ndim} axes and {c.shape[0]} planes; (coefficients, y, x) are needed.",
            path=frame.path,
            cure="Choose a reference of type NONLINCOEFF.",
        )
    if FORMS[said] == "factor":
        c = np.concatenate([np.zeros_like(c[:1]), 1 + c[:1], c[1:]])
    unit = canonical_unit(str(frame.header.get("LINUNIT") or "")) or ""
    electrons, gain = number(frame.header, "SATURATE"), number(frame.header, "GAIN")
    saturation = math.inf
    if electrons is not None and electrons > 0:
        if unit == ELECTRON:
            saturation = electrons
        elif gain:
            saturation = electrons / gain
    most = number(frame.header, "LINMAX")
    return _Coefficients(c, unit, saturation, most if most is not None and most > 0 else math.inf)


def _part(new: Frame, old: Frame) -> Frame:
    """The new one's pixels of the old one; those of one set for all pixels are all the same."""
    if old.data.ndim != 3 or old.shape[-2:] == (1, 1):
        return old
    place = place_in(new, old)
    if place is None:
        here = region_of(new)
        raise InputError(
            f"Its coefficients of {old.shape[-1]} × {old.shape[-2]} pixels do not cover columns {here.x + 1} to "
            f"{here.x + here.nx}, rows {here.y + 1} to {here.y + here.ny} of the new ones.",
            path=old.path,
            cure="Choose coefficients of this part of the detector.",
        )
    (y, x), (ny, nx) = place, new.shape[-2:]
    return Frame(np.ascontiguousarray(old.data[:, y : y + ny, x : x + nx]), None, None, old.header, old.path)


def _in_unit(theirs: _Coefficients, ours: _Coefficients, new: Frame, old: Frame) -> _Coefficients:
    """The old ones for signals in the unit of the new ones."""
    if not theirs.unit or not ours.unit or theirs.unit == ours.unit:
        return theirs
    gain = number(new.header, "GAIN") or number(old.header, "GAIN")
    if not gain or {theirs.unit, ours.unit} != {ADU, ELECTRON}:
        raise InputError(
            f"Its coefficients are for {theirs.unit}, the new ones for {ours.unit}, and GAIN is missing.",
            path=old.path,
            cure="Add GAIN to the header.",
        )
    factor = gain if ours.unit == ADU else 1 / gain  # their unit for one of ours
    powers = (factor ** (np.arange(theirs.terms.shape[0]) - 1.0))[:, None, None].astype(np.float32)
    return _Coefficients(theirs.terms * powers, ours.unit, theirs.saturation / factor, theirs.most / factor)


@dataclass(frozen=True)
class _Differences:
    """New less old.

    Attributes
    ----------
    ours, theirs, low, middle, high : ndarray of float64, shape (points,)
        Median correction of both, and the 16th, 50th and 84th percentile of what they differ by, at each signal.
    worst : ndarray of float32, shape (ny, nx)
        Largest difference at any signal; NaN where either has no correction.
    at_top : ndarray of float32, shape (ny, nx)
        Difference at 80 % of saturation.
    """

    ours: Floats
    theirs: Floats
    low: Floats
    middle: Floats
    high: Floats
    worst: FloatArray
    at_top: FloatArray


def _differences(
    ours: _Coefficients, theirs: _Coefficients, signals: Floats, light: BoolArray, job: Job
) -> _Differences:
    worst = np.full(light.shape, np.nan, np.float32)
    at_top = np.full(light.shape, np.nan, np.float32)
    kinds: list[list[float]] = [[] for _ in range(5)]
    whole = np.full(light.shape, np.nan, np.float32)
    mine, other = whole.copy(), whole.copy()
    for place, signal in enumerate(signals):
        for start in range(0, light.shape[0], _BAND):
            job.check()
            rows = slice(start, min(start + _BAND, light.shape[0]))
            here = light[rows]
            one, two = (
                np.where(here, np.broadcast_to(each.corrections(float(signal), rows), here.shape), np.nan)
                for each in (ours, theirs)
            )
            mine[rows], other[rows], whole[rows] = one, two, one - two
        worst = np.fmax(worst, np.abs(whole))
        quantiles = np.nanpercentile(whole, [16, 50, 84]) if np.isfinite(whole).any() else [math.nan] * 3
        medians = [float(np.nanmedian(each)) if np.isfinite(each).any() else math.nan for each in (mine, other)]
        for kind, value in zip(kinds, (*medians, *map(float, quantiles)), strict=True):
            kind.append(value)
        at_top = whole.copy()
        job.report((place + 1) / len(signals) * 0.9, "Comparing corrections")
    mine_at, other_at, low, middle, high = (np.array(kind) for kind in kinds)
    return _Differences(mine_at, other_at, low, middle, high, worst, at_top)


def _metrics(
    found: _Differences, signals: Floats, light: BoolArray, gained: BoolArray, lost: BoolArray
) -> dict[str, Metric]:
    known = np.isfinite(found.middle)
    at = int(np.argmax(np.where(known, np.abs(found.middle), -1.0))) if known.any() else None
    both = np.isfinite(found.worst)
    pixels = max(int(np.count_nonzero(both)), 1)
    differ = int(np.count_nonzero(both & (found.worst > _LIMIT)))
    text = f"Part of the pixels whose correction differs by more than {100 * _LIMIT:g} % of the signal at any signal."

    def last(values: Floats) -> float | None:
        return float(values[-1]) if math.isfinite(values[-1]) else None

    return {
        "median_difference": Metric(
            float(found.middle[at]) if at is not None else None,
            "",
            "Largest median of new less in use, up to 80 % of saturation, as a part of the signal.",
        ),
        "at_signal_adu": Metric(float(signals[at]) if at is not None else None, "adu", "The signal at which that is."),
        "pixel_difference": Metric(
            float(np.median(found.worst[both])) if both.any() else None,
            "",
            "Largest difference of a pixel at any signal; median of the pixels.",
        ),
        "worst_pixel_difference": Metric(
            float(np.max(found.worst[both])) if both.any() else None, "", "The same of the worst pixel."
        ),
        "differing_fraction": Metric(differ / pixels, "", text),
        "new_correction": Metric(
            last(found.ours), "", "Median of the new corrections at 80 % of saturation, as a part of the signal."
        ),
        "old_correction": Metric(last(found.theirs), "", "The same of those in use."),
        "n_gained": Metric(int(np.count_nonzero(gained & light)), "pixel", "Corrected now, and not so far."),
        "n_lost": Metric(int(np.count_nonzero(lost & light)), "pixel", "Corrected so far, and not now."),
    }


def _curves(found: _Differences, signals: Floats, unit: str) -> tuple[Curve, ...]:
    label = f"signal ({unit})"
    made = [
        Curve(
            "Correction, median of the pixels",
            label,
            "corrected over read, less 1",
            {"new": (signals, found.ours), "in use": (signals, found.theirs)},
        ),
        Curve(
            "New less in use",
            label,
            "difference, part of the signal",
            {
                "median": (signals, found.middle),
                "16 % of the pixels below": (signals, found.low),
                "84 % of the pixels below": (signals, found.high),
            },
        ),
    ]
    good = np.isfinite(found.at_top)
    level = float(np.median(found.at_top[good])) if good.any() else 0.0
    sigma = 1.4826 * float(np.median(np.abs(found.at_top[good] - level))) if good.any() else 0.0
    if sigma > 0:
        counts = histogram(found.at_top, good, level, sigma, "", 1.0)
        made.append(
            Curve("At 80 % of saturation", "difference, part of the signal", counts.y_label, counts.lines, "histogram")
        )
    return tuple(made)


def _sentence(old: Frame, metrics: Mapping[str, Metric], theirs: _Coefficients, top: float, unit: str) -> str:
    difference, at = metrics["median_difference"].value, metrics["at_signal_adu"].value
    gained, lost = metrics["n_gained"].value, metrics["n_lost"].value
    said = f"Against {file_name(old)} "
    if isinstance(difference, float) and isinstance(at, float):
        share = metrics["differing_fraction"].value
        assert isinstance(share, float)
        said += (
            f"the median correction differs by at most {100 * difference:+.2g} % of the signal (at {at:,.0f} {unit}) "
            f"up to 80 % of saturation; {100 * share:.2g} % of the pixels differ by more than {100 * _LIMIT:g} %"
        )
    else:
        said += "no pixel has both corrections"
    said += f"; {gained} pixels gained a correction, {lost} lost it."
    if theirs.most < top:
        said += f" The one in use is valid up to {theirs.most:,.0f} {unit} only."
    return said
