"""Whether the shift in wavelength varies over the field, from the residuals of its parts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: parts along each side, and the fewest empty spaxels of a part
_PARTS, _FEWEST = 4, 6
#: a gradient counts from so many sigma, and from so many pixels between opposite sides
_SIGMA, _LEAST = 5.0, 0.01
#: what parts may differ in on top of their noise, pixels
_FLOOR = 0.001


@dataclass(frozen=True)
class FieldShift:
    """Shift added to that of the whole field.

    Attributes
    ----------
    along_x, along_y : float
        Change from one side of the field to the other, planes.
    applied : bool
        Whether it is large and certain enough.
    parts : int
        Parts of the field that could be measured.
    """

    along_x: float = 0.0
    along_y: float = 0.0
    applied: bool = False
    parts: int = 0

    def at(self, place: npt.NDArray[np.intp], ny: int, nx: int) -> Floats:
        """Shift of spaxels beside that of the whole field.

        Parameters
        ----------
        place : ndarray of int
            Numbers of spaxels, along x first.
        ny, nx : int
            Size of the field.

        Returns
        -------
        ndarray of float64
        """
        if not self.applied:
            return np.zeros(len(place))
        u, v = _place(place, ny, nx)
        return self.along_x * u + self.along_y * v


def _place(place: npt.NDArray[np.intp], ny: int, nx: int) -> tuple[Floats, Floats]:
    """From -0.5 to 0.5 along both sides."""
    y, x = np.divmod(place, nx)
    return x / max(nx - 1, 1) - 0.5, y / max(ny - 1, 1) - 0.5


def field_shift(
    left: Singles, variance: Floats, slope: Floats, place: npt.NDArray[np.intp], ny: int, nx: int, largest: float
) -> FieldShift:
    """Fit a plane to the shifts of parts of the field.

    Parameters
    ----------
    left : ndarray of float32, shape (n, m)
        Residual of empty spaxels with the shift of the whole field; NaN where unknown.
    variance : ndarray of float64, shape (n,)
        Of one spaxel.
    slope : ndarray of float64, shape (n,)
        Change of the model for one plane of shift.
    place : ndarray of int, shape (m,)
        Numbers of the spaxels.
    ny, nx : int
        Size of the field.
    largest : float
        Beyond it a gradient is not believed.

    Returns
    -------
    FieldShift
    """
    weight = np.where(np.isfinite(variance) & (variance > 0), slope / np.maximum(variance, 1e-300), 0)
    power = float(np.sum(weight * slope))
    if power <= 0 or len(place) < 3 * _FEWEST:
        return FieldShift()
    known = np.isfinite(left)
    each = weight.astype(np.float32) @ np.where(known, left, np.float32(0))
    seen = (weight * slope).astype(np.float32) @ known.astype(np.float32)
    u, v = _place(place, ny, nx)
    part = np.minimum(((u + 0.5) * _PARTS).astype(int), _PARTS - 1) + _PARTS * np.minimum(
        ((v + 0.5) * _PARTS).astype(int), _PARTS - 1
    )
    rows, shifts, errors = [], [], []
    for number in range(_PARTS * _PARTS):
        mine = (part == number) & (seen > 0.3 * power)
        if np.count_nonzero(mine) < _FEWEST:
            continue
        rows.append((1.0, float(u[mine].mean()), float(v[mine].mean())))
        values = each[mine] / seen[mine]
        middle = float(np.median(values))
        kept = np.abs(values - middle) < 4 * max(1.4826 * float(np.median(np.abs(values - middle))), 1e-12)
        shifts.append(float(values[kept].mean()))
        errors.append(float(np.hypot(np.sqrt(1 / (power * np.count_nonzero(kept))), _FLOOR)))
    if len(rows) < 4:
        return FieldShift(parts=len(rows))
    design, sigma = np.array(rows), np.array(errors)
    scaled = design / sigma[:, None]
    solved, *_ = np.linalg.lstsq(scaled, np.array(shifts) / sigma, rcond=None)
    chi = float(np.sum((np.array(shifts) / sigma - scaled @ solved) ** 2)) / max(len(rows) - 3, 1)
    covariance = np.linalg.pinv(scaled.T @ scaled) * max(chi, 1.0)
    x, y = float(solved[1]), float(solved[2])
    certain = np.hypot(x / np.sqrt(covariance[1, 1]), y / np.sqrt(covariance[2, 2])) > _SIGMA
    applied = bool(certain and np.hypot(x, y) > _LEAST and np.hypot(x, y) < largest)
    return FieldShift(x, y, applied, len(rows))
