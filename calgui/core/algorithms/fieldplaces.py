"""Where the spectra of a stack lie in the field."""

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import number
from calgui.core.frames.frame import FrameLike

Whole = npt.NDArray[np.int64]

#: keywords that say how many rows and columns of spaxels there are
_COUNTS = (("NLENSY", "NLENSX"), ("FIELDNY", "FIELDNX"), ("NSPAXY", "NSPAXX"))


def places_of(frame: FrameLike, count: int) -> tuple[Whole, Whole] | None:
    """Row and column of each spectrum, by a table beside them, or where the header says how many there are.

    Parameters
    ----------
    frame : FrameLike
        Extracted spectra.
    count : int
        How many.

    Returns
    -------
    tuple of two ndarray of int, or None
        None where they are in no field.
    """
    told: tuple[Whole, Whole] | None = getattr(frame, "places", None)
    if told is not None:
        return told
    for pair in _COUNTS:
        rows, columns = (number(frame.header, key) for key in pair)
        if rows and columns and int(rows) * int(columns) == count:
            index = np.arange(count)
            return index // int(columns), index % int(columns)
    return None
