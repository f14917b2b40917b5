"""Pinholes as they would be measured, made without the polynomials that are fitted to them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.pinholes.spots import Lattice, Spots

Floats = npt.NDArray[np.float64]
#: from measured to ideal pixels, both from -1 to 1 about the middle
Mapping = Callable[[Floats, Floats], tuple[Floats, Floats]]

ERROR = 0.0085
PITCH = 75.7


def brown(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Radial and tangential distortion (Brown 1966) of a lens that is off the axis; 10 to 20 pixels in the corners."""
    u, v = u - 0.05, v + 0.03
    r2 = u * u + v * v
    stretch = 1 + 4e-3 * r2 - 6e-4 * r2 * r2
    return (
        u * stretch + 1e-3 * u * v - 3e-4 * (r2 + 2 * u * u),
        v * stretch + 5e-4 * (r2 + 2 * v * v) - 6e-4 * u * v,
    )


def waves(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    """A smooth map that no polynomial is."""
    wave = np.cos(1.1 * u - 0.2) * np.sin(1.2 * v + 0.3)
    return u + 2e-3 * np.sin(1.3 * u + 0.4) * np.cos(0.9 * v), v + 1.5e-3 * wave


@dataclass(frozen=True)
class Truth:
    """What went in.

    Attributes
    ----------
    mapping : callable
        From measured to ideal.
    size : int
        Pixels on a side.
    mask_error : dict
        (i, j) on the mask to x + iy, pixels on the mask's axes.
    false : list of ndarray of bool
        Of each picture, spots in a wrong place.
    """

    mapping: Mapping
    size: int
    mask_error: dict[tuple[int, int], complex]
    false: list[npt.NDArray[np.bool_]]

    def ideal(self, x: Floats, y: Floats) -> npt.NDArray[np.complex128]:
        """Ideal places in pixels from the middle."""
        half = self.size / 2
        u, v = self.mapping((x - (self.size - 1) / 2) / half, (y - (self.size - 1) / 2) / half)
        return np.asarray(u * half + 1j * v * half, np.complex128)


def off_truth(truth: Truth, sip: Any, margin: float = 0.02) -> float:
    """Solution minus truth, per axis, over the field: what no affine map, which a mask cannot tell, takes up."""
    at = np.linspace(margin * truth.size, (1 - margin) * truth.size, 41)
    x, y = (each.ravel() for each in np.meshgrid(at, at))
    ours, wanted = sip.ideal(x, y), truth.ideal(x, y)
    columns = np.stack([np.ones(x.size), *ours], axis=1)
    left = columns @ np.linalg.lstsq(columns, wanted, rcond=None)[0] - wanted
    return math.sqrt(float(np.mean(np.abs(left) ** 2)) / 2)


def grids(
    seed: int,
    mapping: Mapping = brown,
    size: int = 4096,
    pitch: float = PITCH,
    rotation: float = 7.3,
    missing: float = 0.1,
    false: float = 0.05,
    mask_error: float = 0.0,
    moves: Sequence[tuple[float, complex]] = ((0.0, 0j),),
    error: float = ERROR,
    blocked: float = 0.0,
) -> tuple[list[Spots], Truth]:
    """Pictures of one mask, which is rotated (degrees) and moved (pixels) as said."""
    rng = np.random.default_rng(seed)
    reach = math.ceil(0.9 * size / pitch)
    j, i = (each.ravel() for each in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    places = pitch * (i + 1j * j)
    errors = mask_error * (rng.standard_normal(i.size) + 1j * rng.standard_normal(i.size))
    open_holes = rng.random(i.size) >= blocked
    middle = (size - 1) / 2
    made, wrong = [], []
    truth = Truth(mapping, size, dict(zip(zip(i.tolist(), j.tolist(), strict=True), errors, strict=True)), wrong)
    for turned, moved in moves:
        turn = np.exp(1j * math.radians(rotation + turned))
        ideal = (places + errors) * turn + moved
        x, y = _seen(truth, ideal)
        there = (x > 10) & (x < size - 11) & (y > 10) & (y < size - 11)
        lost = rng.random(i.size) < missing
        found = there & ~lost & open_holes
        bad = rng.random(i.size) < false
        angle, far = rng.uniform(0, 2 * math.pi, i.size), rng.uniform(0.05, 0.4 * pitch, i.size)
        seen_x = x + error * rng.standard_normal(i.size) + np.where(bad, far * np.cos(angle), 0)
        seen_y = y + error * rng.standard_normal(i.size) + np.where(bad, far * np.sin(angle), 0)
        # indices of the picture's own, about the pinhole nearest to the middle, along the axis nearest to +x
        quarter = round((rotation + turned) / 90) % 4
        own = (i + 1j * j) * 1j**quarter
        origin = int(np.argmin(np.where(there, np.hypot(x - middle, y - middle), np.inf)))
        own = own - own[origin]
        step = pitch * turn / 1j**quarter
        gone = there & ~found
        n, m = int(found.sum()), int(gone.sum())
        integers = (np.rint(own.real).astype(np.int64), np.rint(own.imag).astype(np.int64))
        full = np.full(n, error)
        made.append(
            Spots(
                x=seen_x[found], y=seen_y[found], x_error=full, y_error=full, flux=np.full(n, 2e4),
                flux_error=np.full(n, 160.0), fwhm=np.full(n, 2.4), chi2=np.ones(n), i=integers[0][found],
                j=integers[1][found], state=np.zeros(n, np.int64), missing_x=x[gone], missing_y=y[gone],
                missing_i=integers[0][gone], missing_j=integers[1][gone],
                lattice=Lattice((float(x[origin]), float(y[origin])), (step.real, step.imag),
                                (-step.imag, step.real), "square", 0.01),
                model="gaussian",
            )
        )  # fmt: skip
        wrong.append(bad[found])
    assert m is not None
    return made, truth


def _seen(truth: Truth, ideal: npt.NDArray[np.complex128]) -> tuple[Floats, Floats]:
    """Where the field shows ideal places, by a fixed point of the truth."""
    middle = (truth.size - 1) / 2
    x, y = ideal.real + middle, ideal.imag + middle
    for _ in range(50):
        with np.errstate(over="ignore", invalid="ignore"):
            off = truth.ideal(x, y) - ideal
        x, y = x - off.real, y - off.imag
    return x, y
