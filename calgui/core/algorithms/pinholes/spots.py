"""What was measured on one picture of a pinhole mask."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: what became of a spot; `Spots.state` is an index into it
STATES = ("used", "false", "misshapen", "blended", "saturated", "flagged", "edge", "faint")
USED, FALSE, MISSHAPEN, BLENDED, SATURATED, FLAGGED, EDGE, FAINT = range(len(STATES))

#: lattice index of a spot that has no place on the lattice
NO_PLACE = -(2**31)


@dataclass(frozen=True)
class Lattice:
    """The grid of the mask as it is seen at the middle of the field.

    A pinhole (i, j) is seen near ``origin + i * along_i + j * along_j`` there; away from the middle distortion bends
    the grid. i counts along the axis of the grid that is nearest to +x, j along the one nearest to +y (at 45° the one
    from -45° to 45°, without its upper end, is i), and the origin is the pinhole nearest to the middle of the picture,
    whether it was found or not. So frames of one mask that was stepped or rotated have indices of their own.

    Attributes
    ----------
    origin : tuple of float
        x, y of the place (0, 0), pixels.
    along_i, along_j : tuple of float
        (dx, dy) from one pinhole to the next in pixels.
    kind : str
        ``square``, ``rectangular``, ``hexagonal`` or ``oblique``: what the two have in common, within the distortion.
    scatter : float
        Robust scatter, per axis, of the spots about a smooth surface of low order through them, pixels: not the
        residual of a solution, but what made sure that each stands in its own place.
    """

    origin: tuple[float, float]
    along_i: tuple[float, float]
    along_j: tuple[float, float]
    kind: str
    scatter: float

    @property
    def pitch_i(self) -> float:
        """Pixels from one pinhole to the next along i."""
        return float(np.hypot(*self.along_i))

    @property
    def pitch_j(self) -> float:
        """Pixels from one pinhole to the next along j."""
        return float(np.hypot(*self.along_j))

    @property
    def pitch(self) -> float:
        """Geometric mean of both, pixels."""
        return float(np.sqrt(self.pitch_i * self.pitch_j))

    @property
    def rotation(self) -> float:
        """Angle of i from +x towards +y, degrees, from -45 to 45 for a square grid."""
        return float(np.degrees(np.arctan2(self.along_i[1], self.along_i[0])))

    @property
    def angle(self) -> float:
        """Angle from i to j, degrees; 90 for a square grid."""
        (ax, ay), (bx, by) = self.along_i, self.along_j
        return float(np.degrees(np.arctan2(ax * by - ay * bx, ax * bx + ay * by)))


@dataclass(frozen=True)
class Spots:
    """Every spot of one picture, and the places that have none.

    Pixels count from 0 at the centre of the first pixel. All arrays but the last four have shape (n,), in the order of
    rows of the grid (j, then i), those without a place last.

    Attributes
    ----------
    x, y : ndarray of float64
        Fitted centre; the detection's where no fit was possible (see `x_error`).
    x_error, y_error : ndarray of float64
        One standard deviation of the centre from the fit's covariance, pixels; NaN where it was not fitted.
    flux, flux_error : ndarray of float64
        Light of the spot, electrons of the whole exposure.
    fwhm : ndarray of float64
        Width of the spot as it is seen (geometric mean of both axes), pixels; NaN where it was not fitted.
    chi2 : ndarray of float64
        Reduced chi-square of its own fit.
    i, j : ndarray of int64
        Place on the lattice; `NO_PLACE` in both where it has none. No two spots have the same place.
    state : ndarray of int64
        Index into `STATES`. ``used`` are good for a solution: they have a place, an error, and nothing against them.
        ``false`` have no place (dust, ghosts, cosmic rays), or a better spot has it; their indices are `NO_PLACE`. All
        others may have a place and a centre, which is worse than its error says.
    missing_x, missing_y : ndarray of float64, shape (m,)
        Where places without any spot would be seen.
    missing_i, missing_j : ndarray of int64, shape (m,)
        Which they are.
    lattice : Lattice
        The grid.
    model : str
        What was fitted: ``gaussian`` or ``measured``, the mean of the picture's own spots.
    """

    x: Floats
    y: Floats
    x_error: Floats
    y_error: Floats
    flux: Floats
    flux_error: Floats
    fwhm: Floats
    chi2: Floats
    i: Ints
    j: Ints
    state: Ints
    missing_x: Floats
    missing_y: Floats
    missing_i: Ints
    missing_j: Ints
    lattice: Lattice
    model: str

    @property
    def used(self) -> npt.NDArray[np.bool_]:
        """Which are good for a solution, shape (n,)."""
        return np.asarray(self.state == USED)

    @property
    def placed(self) -> npt.NDArray[np.bool_]:
        """Which have a place on the lattice, whatever their state, shape (n,)."""
        return np.asarray(self.i != NO_PLACE)
