"""What there is to see of a solution: curves, and marks on the picture."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from calgui.core.algorithms.distortion.polynomials import Floats
from calgui.core.algorithms.distortion.report import FATES
from calgui.core.algorithms.distortion.sip import Sip
from calgui.core.algorithms.distortion.solving import Solved
from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.registry import Curve

#: lines of the grid that is drawn bent, and places along each
_LINES, _PLACES = 9, 33
#: the longest shift is drawn as this part of the field
_DRAWN = 0.04


def curves(solved: Solved) -> tuple[Curve, ...]:
    """Diagnostics of a solution.

    Parameters
    ----------
    solved : Solved
        A solution.

    Returns
    -------
    tuple of Curve
        RMS by order; residuals against x, y and radius; the bent grid.
    """
    seen, used = solved.measured.seen, solved.fit.used
    residual = solved.solution.residual[used]
    x, y = seen.x[used], seen.y[used]
    middle = seen.field.middle
    radius = np.hypot(x - middle[0], y - middle[1])
    outward = np.conj((x - middle[0]) + 1j * (y - middle[1])) / np.maximum(radius, 1e-9) * residual
    orders = np.array([look.order for look in solved.orders], np.float64)
    made = [
        Curve(
            "RMS by order", "order", "RMS per axis (pixel)",
            {"residuals": (orders, np.array([look.rms for look in solved.orders])),
             "cross-validated": (orders, np.array([look.cross_validated for look in solved.orders]))},
            log_y=True,
        )
    ]  # fmt: skip
    for name, at in (("x", x), ("y", y)):
        lines = {"along x": (at, residual.real), "along y": (at, residual.imag)}
        made.append(
            Curve(f"Residuals against {name}", f"{name} (pixel)", "residual (pixel)", lines, points=tuple(lines))
        )
    lines = {"outward": (radius, outward.real), "across": (radius, outward.imag)}
    made.append(Curve("Residuals against radius", "radius (pixel)", "residual (pixel)", lines, points=tuple(lines)))
    made.append(bent_grid(solved.solution.sip, seen.field.nx, seen.field.ny))
    return tuple(made)


def bent_grid(sip: Sip, nx: int, ny: int) -> Curve:
    """A straight grid, and how it is seen, the shift drawn larger than it is.

    Parameters
    ----------
    sip : Sip
        A distortion.
    nx, ny : int
        Of the picture.

    Returns
    -------
    Curve
    """

    def shift(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        seen_x, seen_y = sip.measured(x, y)
        return seen_x - x, seen_y - y

    return bent("A straight grid, and how it is seen", "seen, shift", shift, nx, ny)


def bent(title: str, name: str, shift: Callable[[Floats, Floats], tuple[Floats, Floats]], nx: int, ny: int) -> Curve:
    """A straight grid and the same moved, drawn larger than it is.

    Parameters
    ----------
    title, name : str
        Of the plot, and of the moved grid.
    shift : callable
        From x, y to dx, dy, pixels.
    nx, ny : int
        Of the picture.

    Returns
    -------
    Curve
    """
    x, y = straight_grid(nx, ny)
    dx, dy = shift(x, y)
    longest = float(np.nanmax(np.hypot(dx, dy)))
    factor = _enlarged(_DRAWN * max(nx, ny) / longest) if longest > 0 else 1.0
    lines = {"ideal": (x, y), f"{name} {factor:g} times": (x + factor * dx, y + factor * dy)}
    return Curve(title, "x (pixel)", "y (pixel)", lines)


def straight_grid(nx: int, ny: int) -> tuple[Floats, Floats]:
    """Lines of a straight grid over a picture.

    Parameters
    ----------
    nx, ny : int
        Of the picture.

    Returns
    -------
    tuple of ndarray of float64
        x and y in pixels from 0, with NaN between one line and the next.
    """
    grid = []
    for across in (False, True):
        length, width = (ny, nx) if across else (nx, ny)
        for at in np.linspace(-0.5, width - 0.5, _LINES):
            along = np.append(np.linspace(-0.5, length - 0.5, _PLACES), np.nan)
            fixed = np.where(np.isnan(along), np.nan, at)
            grid.append((fixed, along) if across else (along, fixed))
    x, y = (np.concatenate([line[axis] for line in grid]) for axis in (0, 1))
    return x, y


def _enlarged(factor: float) -> float:
    """1, 2 or 5 times a power of ten."""
    if not np.isfinite(factor) or factor <= 1:
        return 1.0
    power = 10.0 ** np.floor(np.log10(factor))
    return float(max(step for step in (1, 2, 5) if step * power <= factor) * power)


def marks(solved: Solved, made: Mapping[str, Any]) -> Marks:
    """Every pinhole on its picture.

    Parameters
    ----------
    solved : Solved
        A solution.
    made : mapping of str to ndarray
        Its `rows`.

    Returns
    -------
    Marks
        Vectors are residuals, or the distortion, as the option says.
    """
    ideal_x, ideal_y = solved.solution.sip.ideal(made["x"], made["y"])
    shift_x, shift_y = made["x"] - ideal_x, made["y"] - ideal_y
    distortion = solved.config.arrows == "distortion"
    arrows = (shift_x, shift_y) if distortion else (made["residual_x"], made["residual_y"])
    values = {
        "residual x (pixel)": made["residual_x"],
        "residual y (pixel)": made["residual_y"],
        "residual (pixel)": np.hypot(made["residual_x"], made["residual_y"]),
        "off the others (sigma)": made["sigma"],
        "distortion x (pixel)": shift_x,
        "distortion y (pixel)": shift_y,
        "distortion (pixel)": np.hypot(shift_x, shift_y),
        "flux (electron)": made["flux"],
        "FWHM (pixel)": made["fwhm"],
        "error of the centre (pixel)": np.sqrt((made["x_error"] ** 2 + made["y_error"] ** 2) / 2),
    }
    if solved.fit.mask_scatter is not None:
        values |= _mask_values(solved, made)
    return Marks(
        "pinholes",
        made["x"],
        made["y"],
        made["state"].astype(np.int64),
        FATES,
        made["frame"],
        solved.measured.labels,
        arrows,
        "distortion: seen less ideal" if distortion else "residuals",
        values,
        toggles="exclude",
    )


def _mask_values(solved: Solved, made: Mapping[str, Any]) -> dict[str, Any]:
    """The error of the mask at each spot that has one."""
    seen, measured = solved.measured.seen, solved.measured
    starts = np.concatenate([[0], np.cumsum([one.x.size + one.missing_x.size for one in measured.spots])])
    at = starts[seen.frame] + measured.index
    x, y = np.full(made["x"].size, np.nan), np.full(made["x"].size, np.nan)
    off = solved.solution.mask_error[seen.pinhole]
    x[at], y[at] = off.real, off.imag
    return {"error of the mask x (pixel)": x, "error of the mask y (pixel)": y}
