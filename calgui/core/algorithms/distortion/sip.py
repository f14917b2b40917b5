"""The Simple Imaging Polynomial: from measured to ideal pixels and back, and as keywords of a header."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.distortion.blocks import gram, times
from calgui.core.algorithms.distortion.polynomials import HIGHEST_ORDER, Field, Floats, design, n_terms, power_series
from calgui.core.algorithms.exposure import number
from calgui.core.errors import InputError

#: what SIP is promised to be good to there and back, pixels
SIP_LIMIT = 1e-3
#: the inverse is to be as good as this, pixels
_AIM = 1e-5
_NODES = 24
_TERM = re.compile(r"(A|B|AP|BP)_(\d)_(\d)")


@dataclass(frozen=True)
class Sip:
    """A distortion.

    Attributes
    ----------
    x, y : float
        The reference pixel from 0, where the ideal pixel is the measured one, and its neighbours too.
    a, b : ndarray of float64, shape (order + 1, order + 1)
        Ideal less measured: element (p, q) is that of u^p v^q, u and v being measured pixels from the reference pixel.
    ap, bp : ndarray of float64, shape (inverse order + 1, inverse order + 1)
        Measured less ideal, likewise of ideal pixels.
    cd : ndarray of float64, shape (2, 2)
        From ideal pixels to the plane of the mask or of the sky.
    """

    x: float
    y: float
    a: Floats
    b: Floats
    ap: Floats
    bp: Floats
    cd: Floats

    @property
    def order(self) -> int:
        """Of the polynomial from measured to ideal pixels."""
        return len(self.a) - 1

    @property
    def inverse_order(self) -> int:
        """Of the one back."""
        return len(self.ap) - 1

    def ideal(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        """From measured to ideal pixels.

        Parameters
        ----------
        x, y : array_like
            Measured, from 0.

        Returns
        -------
        tuple of ndarray of float64
        """
        u, v = np.asarray(x, np.float64) - self.x, np.asarray(y, np.float64) - self.y
        return self.x + u + series(self.a, u, v), self.y + v + series(self.b, u, v)

    def measured(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        """From ideal to measured pixels.

        Parameters
        ----------
        x, y : array_like
            Ideal, from 0.

        Returns
        -------
        tuple of ndarray of float64
        """
        big_u, big_v = np.asarray(x, np.float64) - self.x, np.asarray(y, np.float64) - self.y
        return self.x + big_u + series(self.ap, big_u, big_v), self.y + big_v + series(self.bp, big_u, big_v)

    def moved(self, dx: float, dy: float) -> "Sip":
        """The same distortion for pixels that count from elsewhere.

        Parameters
        ----------
        dx, dy : float
            What is added to pixels.

        Returns
        -------
        Sip
        """
        return Sip(self.x + dx, self.y + dy, self.a, self.b, self.ap, self.bp, self.cd)

    def worst(self, field: Field, count: int = 33) -> tuple[float, float]:
        """How far there and back ends from where it began.

        Parameters
        ----------
        field : Field
            Of the detector.
        count : int
            Places along each axis.

        Returns
        -------
        tuple of float
            Largest distance, pixels: measured to ideal to measured, and ideal to measured to ideal.
        """
        x, y = field.grid(count)
        there = self.measured(*self.ideal(x, y))
        back = self.ideal(*self.measured(x, y))
        return tuple(float(np.hypot(px - x, py - y).max()) for px, py in (there, back))  # type: ignore[return-value]

    def cards(self) -> dict[str, tuple[Any, str]]:
        """Keywords of a header.

        Returns
        -------
        dict
            Keyword to value and comment: CRPIX, CD, A_, B_, AP_, BP_.
        """
        made: dict[str, tuple[Any, str]] = {
            "CRPIX1": (self.x + 1, "[pixel] reference pixel, from 1"),
            "CRPIX2": (self.y + 1, "[pixel] reference pixel, from 1"),
        }
        for (row, column), value in np.ndenumerate(self.cd):
            made[f"CD{row + 1}_{column + 1}"] = (float(value), "linear part: ideal pixel to mask or sky")
        for name, terms, way in (
            ("A", self.a, "x, measured to ideal"),
            ("B", self.b, "y, measured to ideal"),
            ("AP", self.ap, "x, ideal to measured"),
            ("BP", self.bp, "y, ideal to measured"),
        ):
            made[f"{name}_ORDER"] = (len(terms) - 1, f"order of the polynomial in {way}")
            for (p, q), value in np.ndenumerate(terms):
                if p + q < len(terms) and value:
                    made[f"{name}_{p}_{q}"] = (float(value), "")
        return made


def series(terms: Floats, u: Floats, v: Floats) -> Floats:
    """A power series of two variables.

    Parameters
    ----------
    terms : ndarray of float64, shape (n, n)
        Element (p, q) is that of u^p v^q.
    u, v : ndarray of float64
        Of one shape.

    Returns
    -------
    ndarray of float64
        Of that shape.
    """
    made = np.zeros(np.broadcast(u, v).shape)
    n = len(terms)
    for p in range(n - 1, -1, -1):
        row = np.zeros_like(made)
        for q in range(n - 1 - p, -1, -1):
            row = row * v + terms[p, q]
        made = made * u + row
    return made


def from_series(full: npt.NDArray[np.complex128], field: Field) -> tuple[Sip, npt.NDArray[np.float64], complex]:
    """Take the linear part out of a power series about the middle, and find the inverse.

    Parameters
    ----------
    full : ndarray of complex128, shape (n, n)
        What is added to u + iv, pixels from the middle of the field.
    field : Field
        Of the detector.

    Returns
    -------
    sip : Sip
        Its CD matrix is that of one.
    linear : ndarray of float64, shape (2, 2)
        The Jacobian of u + iv + full at the middle, which was divided out.
    shift : complex
        Its value there.

    Raises
    ------
    InputError
        There is no inverse.
    """
    n = max(len(full), 3)
    padded = np.zeros((n, n), np.complex128)
    padded[: len(full), : len(full)] = full
    du, dv = 1 + padded[1, 0], 1j + padded[0, 1]
    linear = np.array([[du.real, dv.real], [du.imag, dv.imag]])
    shift = complex(padded[0, 0])
    padded[0, 0] = padded[1, 0] = padded[0, 1] = 0
    bent = np.tensordot(np.linalg.inv(linear), np.stack([padded.real, padded.imag]), axes=1)
    x, y = field.middle
    nothing = np.zeros((3, 3))
    forward = Sip(x, y, bent[0], bent[1], nothing, nothing, np.eye(2))
    ap, bp = _inverse(forward, field)
    return Sip(x, y, bent[0], bent[1], ap, bp, np.eye(2)), linear, shift


def with_inverse(sip: Sip, field: Field, path: Any = None) -> Sip:
    """The same distortion, its inverse found anew from the polynomials from measured to ideal pixels.

    Parameters
    ----------
    sip : Sip
        Whose AP_ and BP_ do not matter.
    field : Field
        Of the pixels over which it is to hold.
    path : pathlib.Path, optional
        The file, for messages.

    Returns
    -------
    Sip

    Raises
    ------
    InputError
        It has none.
    """
    ap, bp = _inverse(sip, field, path)
    return Sip(sip.x, sip.y, sip.a, sip.b, ap, bp, sip.cd)


def _inverse(forward: Sip, field: Field, path: Any = None) -> tuple[Floats, Floats]:
    """The polynomials back, over all measured pixels of the detector and all ideal ones.

    Their order rises until they are good enough: the inverse of a polynomial is none, and its linear terms are not
    those of the forward one either.
    """
    corner_x, corner_y = field.grid(17)
    ideal_x, ideal_y = forward.ideal(corner_x, corner_y)
    margin = float(np.hypot(ideal_x - corner_x, ideal_y - corner_y).max()) + 1
    none = InputError(
        f"The distortion has no inverse: it moves pixels of the detector by {margin:.3g}.",
        path=path,
        cure="Take a solution of lower order, or one whose pinholes cover the whole field.",
    )
    if not margin < max(field.nx, field.ny):
        raise none
    wide = Field(field.nx + 2 * math.ceil(margin), field.ny + 2 * math.ceil(margin))
    shift = math.ceil(margin)
    # nodes that are denser at the edges keep the largest error small
    nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    s, t = (each.ravel() for each in np.meshgrid(nodes, nodes))
    x, y = field.middle[0] + s * wide.half[0], field.middle[1] + t * wide.half[1]
    at_x, at_y = forward.ideal(x, y)
    back = (x - at_x) + 1j * (y - at_y)
    normal_x, normal_y = wide.normalized(at_x + shift, at_y + shift)
    columns = design(normal_x, normal_y, HIGHEST_ORDER, "legendre")
    # columns stand by their degree, so that one decomposition has the solutions of all orders
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(gram(columns, columns)))
    except np.linalg.LinAlgError:
        raise none from None
    orthogonal = times(columns, inverse.T)
    shares = gram(orthogonal, back)
    for order in range(max(forward.order, 2), HIGHEST_ORDER + 1):
        count = n_terms(order)
        if float(np.abs(times(orthogonal[:, :count], shares[:count]) - back).max()) < _AIM:
            break
    solved = np.asarray(inverse[:count, :count].T @ shares[:count], np.complex128)
    terms = power_series(solved, order, "legendre", 0, wide)
    # about the middle so far; the reference pixel may be elsewhere, as that of a subarray is
    moved = _about(terms, forward.x - field.middle[0], forward.y - field.middle[1])
    return moved.real.copy(), moved.imag.copy()


def _about(terms: npt.NDArray[np.complex128], dx: float, dy: float) -> npt.NDArray[np.complex128]:
    """A power series about another point, which lies at (dx, dy)."""
    if not dx and not dy:
        return terms
    n = len(terms)

    def along(step: float) -> Floats:
        # row k: (u + step)^k as a power series of u
        return np.array([[math.comb(k, p) * step ** (k - p) if p <= k else 0.0 for p in range(n)] for k in range(n)])

    made: npt.NDArray[np.complex128] = along(dx).T @ terms @ along(dy)
    return made


def read_sip(header: Mapping[str, Any], path: Any = None) -> Sip:
    """The distortion that a header describes.

    Parameters
    ----------
    header : mapping
        With CRPIX, A_ORDER, B_ORDER and their terms; AP_ and BP_ where it has them.
    path : pathlib.Path, optional
        The file, for messages.

    Returns
    -------
    Sip
        Without AP_ and BP_ the inverse is found from A_ and B_, which takes NAXIS or DISTNX and DISTNY.

    Raises
    ------
    InputError
        Something that is needed is missing.
    """
    missing = [key for key in ("CRPIX1", "CRPIX2", "A_ORDER", "B_ORDER") if number(header, key) is None]
    if missing:
        raise InputError(
            f"There is no distortion in this file: its header lacks {', '.join(missing)}.",
            path=path,
            cure="Choose a reference of type DISTORTION, whose header has SIP polynomials.",
        )
    terms: dict[str, Floats] = {}
    for name in ("A", "B", "AP", "BP"):
        order = int(number(header, f"{name}_ORDER") or 0)
        if not 0 <= order <= HIGHEST_ORDER:
            raise InputError(f"{name}_ORDER is {order}.", path=path, cure=f"SIP has orders 2 to {HIGHEST_ORDER}.")
        size = max(order, 2) + 1
        terms[name] = np.zeros((size, size))
    for key in header:
        found = _TERM.fullmatch(str(key))
        value = number(header, key) if found else None
        if found is None or value is None:
            continue
        p, q = int(found[2]), int(found[3])
        if p + q >= len(terms[found[1]]):
            raise InputError(
                f"{key} is beyond {found[1]}_ORDER.", path=path, cure="Correct the header: the term would be lost."
            )
        terms[found[1]][p, q] = value
    size = max(len(terms["A"]), len(terms["B"]))
    a, b = (np.pad(terms[name], (0, size - len(terms[name]))) for name in ("A", "B"))
    cd = np.array([[number(header, f"CD{i}_{j}") or 0.0 for j in (1, 2)] for i in (1, 2)])
    x, y = float(number(header, "CRPIX1") or 0) - 1, float(number(header, "CRPIX2") or 0) - 1
    size = max(len(terms["AP"]), len(terms["BP"]))
    ap, bp = (np.pad(terms[name], (0, size - len(terms[name]))) for name in ("AP", "BP"))
    return Sip(x, y, a, b, ap, bp, cd)
