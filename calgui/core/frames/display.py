"""From pixel values to tones: the stretches, as tables, and the index of a colour for every pixel.

A picture is drawn with 255 tones and one more for "no value" (NaN). Every stretch is a table over 65,535 equal steps
between the limits, so that changing it costs a table and no transcendental function for any pixel.
"""

from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.frames.limits import Limits

Array = npt.NDArray[Any]
StretchName = Literal["linear", "log", "asinh", "sqrt", "histogram"]
STRETCHES: tuple[StretchName, ...] = ("linear", "asinh", "log", "sqrt", "histogram")

#: index of the brightest tone, and of the tone for NaN
TOP, NO_VALUE = 254, 255
_STEPS = 65535
#: between these, differences and steps neither vanish nor overflow in float32
_SAFE_SPAN = (1e-30, 1e38)

#: softening of the logarithm and the inverse hyperbolic sine, as `astropy.visualization` has them by default
_LOG, _ASINH = 1000.0, 0.1


def stretched(x: Array, stretch: StretchName) -> Array:
    """A stretch as a function.

    Parameters
    ----------
    x : ndarray of float
        0 at the lower limit, 1 at the upper.
    stretch : str
        ``linear``, ``log`` (a = 1000), ``asinh`` (a = 0.1) or ``sqrt``.

    Returns
    -------
    ndarray of float
        0 to 1, rising.
    """
    if stretch == "log":
        return np.asarray(np.log1p(_LOG * x) / np.log1p(_LOG))
    if stretch == "asinh":
        return np.asarray(np.arcsinh(x / _ASINH) / np.arcsinh(1 / _ASINH))
    return np.sqrt(x) if stretch == "sqrt" else x


@lru_cache(maxsize=8)
def stretch_table(stretch: StretchName) -> npt.NDArray[np.uint8]:
    """The tone of each step between the limits, for a stretch that does not depend on the picture.

    Parameters
    ----------
    stretch : str
        Any but ``histogram``.

    Returns
    -------
    ndarray of uint8, shape (65536,)
        The last entry is the tone for NaN.
    """
    return _table(stretched(np.linspace(0.0, 1.0, _STEPS), stretch))


def equalised_table(samples: Array, limits: Limits) -> npt.NDArray[np.uint8]:
    """The tone of each step such that every tone is used for as many pixels.

    Parameters
    ----------
    samples : ndarray
        Finite pixels that stand for the picture.
    limits : Limits
        Pixels outside do not count.

    Returns
    -------
    ndarray of uint8, shape (65536,)
        The last entry is the tone for NaN.
    """
    inside = np.sort(samples[(samples >= limits.low) & (samples <= limits.high)].astype(np.float64))
    if inside.size < 2 or inside[0] == inside[-1]:
        return stretch_table("linear")
    ranks = np.linspace(0.0, 1.0, inside.size)
    at = np.linspace(limits.low, limits.high, _STEPS)
    return _table(np.interp(at, inside, ranks))


def _table(fraction: Array) -> npt.NDArray[np.uint8]:
    table = np.empty(_STEPS + 1, np.uint8)
    table[:_STEPS] = np.rint(np.clip(fraction, 0.0, 1.0) * TOP)
    table[_STEPS] = NO_VALUE
    table.flags.writeable = False
    return table


def to_tones(values: Array, limits: Limits, table: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The index of the tone of every pixel.

    Parameters
    ----------
    values : ndarray
        Numbers of any type; NaN gets `NO_VALUE`, infinities the end tones.
    limits : Limits
        Values at the ends of the table.
    table : ndarray of uint8, shape (65536,)
        From `stretch_table` or `equalised_table`.

    Returns
    -------
    ndarray of uint8
        Of the same shape.
    """
    kind = values.dtype
    # whole numbers above 2**24 and doubles would be rounded together by float32
    work = np.float32 if kind == np.float32 or kind.itemsize < 4 else np.float64
    low, span = float(limits.low), float(limits.high) - float(limits.low)
    if not (_SAFE_SPAN[0] < span < _SAFE_SPAN[1] and abs(low) < _SAFE_SPAN[1]):
        work = np.float64
    if not np.isfinite(span):
        values, low, span = values * 0.5, low / 2, limits.high / 2 - low / 2
    with np.errstate(over="ignore"):
        scaled = np.subtract(values, low, dtype=work)
        scaled *= work(min((_STEPS - 1) / span, float(np.finfo(work).max)))
    np.clip(scaled, 0, _STEPS - 1, out=scaled)
    if kind.kind == "f":
        np.copyto(scaled, _STEPS, where=np.isnan(scaled))
    return np.take(table, scaled.astype(np.uint16))


def flag_colours(dq: Array, colours: dict[int, int]) -> npt.NDArray[np.uint32]:
    """The overlay of flagged pixels.

    Parameters
    ----------
    dq : ndarray of uint32, shape (ny, nx)
        Data-quality bits.
    colours : dict of int to int
        Value of a bit to its colour as ``0xAARRGGBB``; where a pixel has several, the first one listed wins.

    Returns
    -------
    ndarray of uint32, shape (ny, nx)
        0 (transparent) where no listed bit is set.
    """
    drawn = np.zeros(dq.shape, np.uint32)
    for bit, colour in reversed(colours.items()):
        drawn[(dq & np.uint32(bit)) != 0] = colour
    return drawn
