"""What a bad pixel map holds, as numbers, a table, keywords and the table of its bits."""

from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.badpixels.structure import BoolArray
from calgui.core.algorithms.registry import Metric, Table
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray

_BORDER = flags.REFERENCE_PIXEL | flags.NON_SCIENCE

#: metric, keyword, flag and meaning of each kind of bad pixel, the most telling first
KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("n_hot", "NHOT", "HOT", "Hot pixels."),
    ("n_warm", "NWARM", "WARM", "Warm pixels."),
    ("n_dead", "NDEAD", "DEAD", "Dead pixels: no response to light, or no noise at all (frozen)."),
    ("n_low", "NLOWQE", "LOW_QE", "Pixels of low response."),
    ("n_open", "NOPEN", "OPEN", "Open pixels: their charge is in their neighbours."),
    ("n_beside_open", "NADJOPEN", "ADJ_OPEN", "Neighbours of open pixels."),
    ("n_telegraph", "NTELEGR", "TELEGRAPH", "Pixels that sit on two levels."),
    ("n_noisy", "NNOISY", "UNRELIABLE_DARK", "Noisy pixels, and pixels without a value in the darks."),
    ("n_no_flat", "NNOFLAT", "NO_FLAT_FIELD", "Pixels without a value in the flats."),
    ("n_other", "NOTHER", "OTHER_BAD_PIXEL", "Pixels that are bad for another reason."),
)


def sensitive(dq: DqArray) -> BoolArray:
    """Pixels that see light, by a map's own bits.

    Parameters
    ----------
    dq : ndarray of uint32
        The map.

    Returns
    -------
    ndarray of bool
    """
    made: BoolArray = (dq & np.uint32(_BORDER)) == 0
    return made


def kind_metrics(dq: DqArray) -> dict[str, Metric]:
    """How many pixels are of each kind, and which part of the detector is bad.

    Parameters
    ----------
    dq : ndarray of uint32
        The map.

    Returns
    -------
    dict of str to Metric
    """
    flagged = dq[dq != 0]  # few: what follows is only asked of them
    light = sensitive(flagged)
    pixels = max(dq.size - int(np.count_nonzero(~light)), 1)
    made = {name: Metric(_count(flagged[light], flag), "pixel", meaning) for name, _, flag, meaning in KINDS}
    n_bad = _count(flagged[light], "DO_NOT_USE")
    made["n_reference"] = Metric(_count(flagged, "REFERENCE_PIXEL"), "pixel", "Reference pixels.")
    made["n_bad"] = Metric(n_bad, "pixel", "Light-sensitive pixels not to be used.")
    made["bad_fraction"] = Metric(n_bad / pixels, "", "Part of the light-sensitive pixels that is not to be used.")
    made["flagged_fraction"] = Metric(
        int(np.count_nonzero(light)) / pixels, "", "Part of the light-sensitive pixels with any flag."
    )
    return made


def _count(flagged: DqArray, flag: str) -> int:
    return int(np.count_nonzero((flagged & np.uint32(flags.BY_NAME[flag].value)) != 0))


def kind_table(dq: DqArray) -> Table:
    """The kinds of bad pixels that a map has, and how many of them are not to be used.

    Parameters
    ----------
    dq : ndarray of uint32
        The map.

    Returns
    -------
    Table
    """
    flagged = dq[dq != 0]
    bad = (flagged & np.uint32(flags.DO_NOT_USE)) != 0
    pixels = max(dq.size, 1)
    rows = []
    for flag in flags.FLAGS:
        carry = (flagged & np.uint32(flag.value)) != 0
        number = int(np.count_nonzero(carry))
        if number:
            rows.append((flag.name, flag.meaning, number, 100 * number / pixels, int(np.count_nonzero(carry & bad))))
    return Table("Flags of the map", ("Flag", "Meaning", "Pixels", "% of all", "Of these not to be used"), tuple(rows))


def kind_keywords(dq: DqArray) -> dict[str, tuple[Any, str]]:
    """Keywords that say how many pixels are of each kind.

    Parameters
    ----------
    dq : ndarray of uint32
        The map.

    Returns
    -------
    dict
        Keyword to value and comment.
    """
    metrics = kind_metrics(dq)
    made: dict[str, tuple[Any, str]] = {
        keyword: (metrics[name].value, f"number of {flag} pixels") for name, keyword, flag, _ in KINDS
    }
    made["BADFRAC"] = (metrics["bad_fraction"].value, "part of the pixels not to be used")
    return made


def definition(dq: DqArray) -> npt.NDArray[Any]:
    """The table ``DQ_DEF`` that says what the bits of a map mean.

    Parameters
    ----------
    dq : ndarray of uint32
        The map; bits that no pixel has are left out.

    Returns
    -------
    ndarray
        Structured: BIT, VALUE, NAME, DESCRIPTION.
    """
    bits = int(np.bitwise_or.reduce(dq, axis=None)) if dq.size else 0
    used = [flag for flag in flags.FLAGS if bits & flag.value]
    rows = [(flag.bit, flag.value, flag.name.encode(), flag.meaning.encode()) for flag in used]
    return np.array(rows, [("BIT", "i4"), ("VALUE", "i8"), ("NAME", "S40"), ("DESCRIPTION", "S80")])


def full_lines(dq: DqArray, light: BoolArray, least: float) -> list[str]:
    """Rows and columns of which a large part is flagged.

    Parameters
    ----------
    dq : ndarray of uint32, shape (ny, nx)
        The map.
    light : ndarray of bool
        Light-sensitive pixels.
    least : float
        The part from which on a line is told.

    Returns
    -------
    list of str
        ``row 5``, ``column 17``, counted from 0.
    """
    bad = light & ((dq & ~np.uint32(flags.WARM | _BORDER)) != 0)
    told = []
    for axis, word in ((1, "row"), (0, "column")):
        of = np.count_nonzero(light, axis=axis)
        part = np.count_nonzero(bad, axis=axis) / np.maximum(of, 1)
        told += [f"{word} {place}" for place in np.flatnonzero((part >= least) & (of >= 16))]
    return told
