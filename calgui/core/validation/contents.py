"""What references say that are no plain image: corrections, shifts, distortions, wavelengths, profiles; as figures."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.reference import shifts_of
from calgui.core.algorithms.distortion.sip import read_sip
from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.fluxstar.synthetic import known_filter
from calgui.core.algorithms.registry import Metric
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.runs.comparing.coefficients import corrections_of
from calgui.core.runs.headerframes import HEADERS, ONE_TABLE, read_header, read_table

Floats = npt.NDArray[np.float64]
Figures = dict[str, Metric]

#: parts of saturation at which corrections are looked at, rising
_PARTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
#: places along each side of a detector
_PLACES = 9
#: of spectra, and of pixels, at most so many are looked at
_MOST = 2_000_000


def describe_contents(kind: str, path: Path, frame: Frame | None) -> tuple[Figures, str]:
    """Describe what a reference says.

    Parameters
    ----------
    kind : str
        Its type, upper case.
    path : pathlib.Path
        The file.
    frame : Frame or None
        Its image, where it was read.

    Returns
    -------
    dict of str to Metric, and str
        Empty for types that are plain images; and why nothing can be said, empty otherwise.
    """
    describe = _KINDS.get(kind)
    if describe is None:
        return {}, ""
    try:
        if kind in HEADERS:
            frame = read_header(path, HEADERS[kind])
        elif kind in ONE_TABLE:
            frame = read_table(path, ONE_TABLE[kind])
        return ({}, "") if frame is None else (describe(frame), "")
    except InputError as error:
        return {}, f"What it says was not looked at: {error.message} {error.cure}".strip()


def _coefficients(frame: Frame) -> Figures:
    corrections = corrections_of(frame, _PARTS)
    known = np.isfinite(corrections).all(axis=0)
    if not known.size:
        return {}
    made = {
        "uncorrected_fraction": Metric(
            1 - float(known.mean()), "", "Part of the pixels without a correction that is a finite number."
        )
    }
    if not known.any():
        return made
    good = corrections[:, known]
    light = (1 + good) * np.array(_PARTS)[:, None]
    made["correction_fraction"] = Metric(
        float(np.median(good[-1])), "", f"Median correction at {_PARTS[-1]:.0%} of saturation, as a part of the signal."
    )
    made["falling_fraction"] = Metric(
        float(np.mean((np.diff(light, axis=0) <= 0).any(axis=0))),
        "",
        "Part of the pixels whose corrected signal falls while the signal rises.",
    )
    return made


def _shifts(frame: Frame) -> Figures:
    shifts = shifts_of(frame)
    apart = np.hypot(np.ptp(shifts.along), np.ptp(shifts.across))
    return {
        "shift_range_mas": Metric(float(apart), "mas", "Range of the shifts over the wavelengths of the table."),
        "first_wavelength_um": Metric(float(shifts.wavelength[0]), "um", "Shortest wavelength of the table."),
        "last_wavelength_um": Metric(float(shifts.wavelength[-1]), "um", "Longest wavelength of the table."),
    }


def _distortion(frame: Frame) -> Figures:
    sip = read_sip(frame.header, frame.path)
    size = [
        number(frame.header, f"DISTN{axis}") or number(frame.header, f"DET{axis}SIZE") or 2 * middle + 1
        for axis, middle in (("X", sip.x), ("Y", sip.y))
    ]
    if min(size) < 2:
        raise InputError("The size of its detector is not known.", path=frame.path, cure="Write DISTNX and DISTNY.")
    x, y = (axis.ravel() for axis in np.meshgrid(*(np.linspace(0, side - 1, _PLACES) for side in size)))
    ideal = np.stack(sip.ideal(x, y))
    moved = np.hypot(ideal[0] - x, ideal[1] - y)
    made = {
        "distortion_fraction": Metric(
            float(moved.max()) / max(size), "", "Largest distance of ideal and measured pixel over the detector's side."
        )
    }
    if np.any(sip.ap) or np.any(sip.bp):
        back = np.stack(sip.measured(*ideal))
        away = float(np.hypot(back[0] - x, back[1] - y).max())
        made["there_and_back_pixel"] = Metric(away, "pixel", "Largest distance after going to ideal pixels and back.")
    return made


def _wavelengths(frame: Frame) -> Figures:
    if frame.data.ndim != 2 or frame.shape[-1] < 3:
        return {}
    rows = frame.data[:: max(1, frame.data.size // _MOST)].astype(np.float64)
    known = np.isfinite(rows).sum(axis=1) > 2
    if not known.any():
        return {}
    rows = rows[known]
    steps = np.diff(rows, axis=1)
    there = np.isfinite(steps)
    rising, falling = ((there & (sign * steps > 0)).sum(axis=1) for sign in (1, -1))
    count = there.sum(axis=1)
    way = 1 if rising.sum() >= falling.sum() else -1
    turned = (rising if way == 1 else falling) < count
    steps[~there] = 0
    made = {
        "turning_fraction": Metric(
            float(np.mean(turned)), "", "Part of the spectra whose wavelengths do not run as those of most do."
        ),
        "dispersion_nm": Metric(
            1000 * float(np.median(np.abs(steps).sum(axis=1) / np.maximum(count, 1))),
            "nm/pixel",
            "Median over spectra.",
        ),
    }
    name = str(frame.header.get("FILTER") or "").partition("|")[0]
    known_one = known_filter(name)
    if known_one is not None:
        seen = rows[np.isfinite(rows)]
        inside = np.mean((seen > known_one.wavemin_um) & (seen < known_one.wavemax_um))
        made["in_filter_fraction"] = Metric(
            float(inside), "", "Part of the pixels whose wavelength the filter lets through."
        )
    return made


def _profiles(frame: Frame) -> Figures:
    if frame.data.ndim != 3:
        return {}
    sums = np.asarray(np.nansum(frame.data, axis=1, dtype=np.float64))
    lit = sums > 0
    made = {
        "dark_fraction": Metric(float(1 - lit.mean()), "", "Part of the places along spectra without any response."),
        "negative_fraction": Metric(
            float(-np.minimum(frame.data, 0, where=np.isfinite(frame.data), out=np.zeros_like(frame.data)).sum())
            / max(float(np.nansum(np.abs(frame.data))), 1e-30),
            "",
            "Part of the response that is negative.",
        ),
    }
    if lit.any():
        made["profile_sum"] = Metric(float(np.median(sums[lit])), "", "Median of the sums across traces.")
    return made


_KINDS: Mapping[str, Callable[[Any], Figures]] = {
    "NONLINCOEFF": _coefficients,
    "ADC": _shifts,
    "DISTORTION": _distortion,
    "WAVECAL": _wavelengths,
    "RECTMAT": _profiles,
}
