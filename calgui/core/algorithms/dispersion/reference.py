"""The table ADC as algorithms get it: columns by name, and the shift at any wavelength."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

Floats = npt.NDArray[np.float64]

#: wavelengths beyond the ends of a table to which it is carried on, as a part of its length
_BEYOND = 0.06


def columns_of(frame: FrameLike) -> dict[str, Floats]:
    """Columns of a reference that is a table.

    Parameters
    ----------
    frame : FrameLike
        Data of (columns, n), and the keyword COLUMNS with their names.

    Returns
    -------
    dict of str to ndarray of float64, shape (n,)
    """
    names = str(frame.header.get("COLUMNS") or "").split(",")
    rows = frame.rows(0, frame.shape[0]).data if len(frame.shape) == 2 else np.empty((0, 0), np.float32)
    return {name: np.asarray(row, np.float64) for name, row in zip(names, rows, strict=False)}


@dataclass(frozen=True)
class Shifts:
    """Shift along the zenith and across, against wavelength.

    Attributes
    ----------
    wavelength : ndarray of float64, shape (n,)
        µm, increasing.
    along, across : ndarray of float64, shape (n,)
        mas.
    """

    wavelength: Floats
    along: Floats
    across: Floats

    def covers(self, first: float, last: float) -> bool:
        """Whether it tells of a band, or ends a little before it does."""
        beyond = _BEYOND * float(np.ptp(self.wavelength))
        return bool(self.wavelength[0] - beyond <= first and last <= self.wavelength[-1] + beyond)

    def at(self, wavelength: Floats) -> tuple[Floats, Floats]:
        """Along and across at other wavelengths, by a cubic spline.

        Parameters
        ----------
        wavelength : ndarray of float64
            µm, within what it `covers`.

        Returns
        -------
        tuple of ndarray of float64
            mas.
        """
        from scipy.interpolate import make_interp_spline

        degree = min(3, len(self.wavelength) - 1)
        spline = make_interp_spline(self.wavelength, np.stack([self.along, self.across], axis=1), k=degree)
        made = np.asarray(spline(wavelength), np.float64)
        return made[:, 0], made[:, 1]


def shifts_of(frame: FrameLike, along: str = "shift_along", across: str = "shift_across") -> Shifts:
    """The shifts of an ADC reference.

    Parameters
    ----------
    frame : FrameLike
        See `columns_of`.
    along, across : str
        Columns, in mas; without the second one it is 0.

    Returns
    -------
    Shifts

    Raises
    ------
    InputError
        A column is missing, or there are fewer than two wavelengths.
    """
    columns = columns_of(frame)
    missing = [name for name in ("wavelength", along) if name not in columns]
    if missing:
        raise InputError(
            f"The table has no column {' and '.join(missing)}; it has {', '.join(filter(None, columns)) or 'none'}.",
            path=frame.path,
            cure="Choose a reference of type ADC with wavelength (um), shift_along and shift_across (mas).",
        )
    wave, first = columns["wavelength"], columns[along]
    second = columns.get(across, np.zeros_like(wave))
    good = np.isfinite(wave) & np.isfinite(first) & np.isfinite(second)
    wave, first, second = wave[good], first[good], second[good]
    wave, unique = np.unique(wave, return_index=True)
    if wave.size < 2 or wave[0] <= 0:
        raise InputError(
            f"The column {along} has fewer than two values: it was not known there.",
            path=frame.path,
            cure="Choose another table, or other columns by the option shift.",
        )
    return Shifts(wave, first[unique], second[unique])
