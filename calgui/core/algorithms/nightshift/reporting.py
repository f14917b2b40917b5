"""Tables and curves of a shift in the night."""

from typing import Any

import numpy as np

from calgui.core.algorithms.nightshift.combining import Combined
from calgui.core.algorithms.nightshift.measuring import Measured
from calgui.core.algorithms.registry import Curve, Table
from calgui.core.algorithms.spectralgrid.spectra import Stack
from calgui.core.frames.writing import ExtraHdu

_LIGHT = 299_792.458  # km/s
_UM = 1e-3


def lines_of(found: Combined, measured: Measured, sign: float) -> dict[str, Any]:
    """Features that were measured, as columns.

    Parameters
    ----------
    found : Combined
        Shifts.
    measured : Measured
        Features.
    sign : float
        -1 where wavelength falls along the pixels.

    Returns
    -------
    dict
        By name.
    """
    seen = np.flatnonzero(np.isfinite(found.line))
    features = measured.features
    pace = np.nanmedian(measured.pace, axis=0)[seen]
    nm = found.line[seen] * pace
    components = np.diff(features.first)[seen]
    return {
        "wavelength": features.wavelength[seen] * _UM,
        "family": np.array([features.family[place] for place in seen], "U8"),
        "components": components.astype(np.int32),
        "shift": sign * found.line[seen],
        "shift_error": found.line_error[seen],
        "shift_nm": nm,
        "speed": nm / features.wavelength[seen] * _LIGHT,
        "spectra": np.count_nonzero(found.used, axis=0)[seen].astype(np.int32),
    }


def extensions(found: Combined, measured: Measured, stack: Stack, sign: float) -> tuple[ExtraHdu, ...]:
    """Tables of the product.

    Parameters
    ----------
    found, measured, sign
        As for `lines_of`.
    stack : Stack
        The spectra.

    Returns
    -------
    tuple of ExtraHdu
        ``SHIFT`` of the spectra and ``LINES`` of the features.
    """
    pace = np.full(len(found.each), np.nan)
    known = np.isfinite(measured.pace).any(axis=1)
    pace[known] = np.nanmedian(measured.pace[known], axis=1)
    middle = float(np.median(measured.features.wavelength))
    columns: dict[str, Any] = {"spectrum": np.arange(len(found.each), dtype=np.int32)}
    if stack.layout.place is not None:
        columns["row"], columns["column"] = (part.astype(np.int32) for part in stack.layout.place)
    columns |= {
        "shift": sign * found.each,
        "shift_error": found.each_error,
        "shift_nm": found.each * pace,
        "speed": found.each * pace / middle * _LIGHT,
        "lines": found.count.astype(np.int32),
    }
    units = {"shift": "pixel", "shift_error": "pixel", "shift_nm": "nm", "speed": "km/s"}
    return (
        ExtraHdu("SHIFT", columns, units),
        ExtraHdu("LINES", lines_of(found, measured, sign), {**units, "wavelength": "um"}),
    )


def tables(found: Combined, measured: Measured, stack: Stack, sign: float) -> tuple[Table, ...]:
    """The features, for people.

    Parameters
    ----------
    found, measured, stack, sign
        As for `extensions`.

    Returns
    -------
    tuple of Table
    """
    columns = lines_of(found, measured, sign)
    rows = tuple(
        (
            f"{wave / _UM:.3f}", family, int(lines), round(float(shift), 4), round(float(error), 4),
            round(float(speed), 2), int(spectra),
        )
        for wave, family, lines, shift, error, speed, spectra in zip(
            columns["wavelength"], columns["family"].tolist(), columns["components"], columns["shift"],
            columns["shift_error"], columns["speed"], columns["spectra"], strict=True,
        )
    )  # fmt: skip
    names = (
        "Wavelength (nm, vacuum)", "Family", "Lines", "Shift (pixel)", "Error (pixel)", "Shift (km/s)", "Spectra"
    )  # fmt: skip
    return (Table("Lines of the night sky", names, rows),)


def curves(found: Combined, measured: Measured, stack: Stack, sign: float) -> tuple[Curve, ...]:
    """The shift along the spectrum, and that of each spectrum.

    Parameters
    ----------
    found, measured, stack, sign
        As for `extensions`.

    Returns
    -------
    tuple of Curve
    """
    columns = lines_of(found, measured, sign)
    wave = columns["wavelength"]
    level = np.full(len(wave), sign * found.shift)
    made = [
        Curve(
            "Shift along the spectrum",
            "wavelength in vacuum (µm)",
            "shift (pixel)",
            {"lines of the sky": (wave, columns["shift"]), "all of them": (wave, level)},
            points=("lines of the sky",),
        )
    ]
    if len(found.each) > 1:
        index = np.arange(len(found.each))
        made.append(
            Curve(
                "Shift of each spectrum",
                "spectrum",
                "shift (pixel)",
                {"spectra": (index, sign * found.each)},
                points=("spectra",),
            )
        )
    return tuple(made)
