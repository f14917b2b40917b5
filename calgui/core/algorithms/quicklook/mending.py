"""Bad pixels filled from their neighbours, for the eye alone."""

import numpy as np

from calgui.core.algorithms.geometry import region_of
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job

#: half sides of the boxes of neighbours, tried one after the other
_REACHES = (1, 2, 4)
#: so many good neighbours are enough
_ENOUGH = 3
#: pixels that are worked on at once
_AT_ONCE = 50_000


def mended(image: Frame, job: Job) -> tuple[Frame, int]:
    """An image whose unusable pixels have the median of their good neighbours.

    Parameters
    ----------
    image : Frame
        (ny, nx), with data quality.
    job : Job
        Progress and cancel.

    Returns
    -------
    image : Frame
        Filled pixels are flagged FLUX_ESTIMATED, keep DO_NOT_USE, and have no error.
    count : int
        How many were filled.
    """
    if image.dq is None:
        return image, 0
    ny, nx = image.shape
    unfit = np.uint32(flags.DO_NOT_USE | flags.REFERENCE_PIXEL | flags.NON_SCIENCE)
    good = ((image.dq & unfit) == 0) & np.isfinite(image.data)
    light = region_of(image).mask() & ((image.dq & np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0)
    rows, columns = np.nonzero(light & ~good)
    data = np.array(image.data)
    filled = np.zeros(rows.size, np.bool_)
    for reach in _REACHES:
        side = np.arange(-reach, reach + 1)
        dy, dx = (part.reshape(-1) for part in np.meshgrid(side, side, indexing="ij"))
        left = np.flatnonzero(~filled)
        for first in range(0, left.size, _AT_ONCE):
            job.check()
            some = left[first : first + _AT_ONCE]
            y, x = rows[some, None] + dy, columns[some, None] + dx
            inside = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
            y, x = np.clip(y, 0, ny - 1), np.clip(x, 0, nx - 1)
            usable = inside & good[y, x]
            enough = np.count_nonzero(usable, axis=1) >= _ENOUGH
            some = some[enough]
            values = np.where(usable[enough], image.data[y[enough], x[enough]], np.nan)
            data[rows[some], columns[some]] = np.nanmedian(values, axis=1)
            filled[some] = True
    where = rows[filled], columns[filled]
    bits = np.array(image.dq)
    bits[where] |= np.uint32(flags.BY_NAME["FLUX_ESTIMATED"].value)
    err = None
    if image.err is not None:
        err = np.array(image.err)
        err[where] = np.nan
    return Frame(data, err, bits, image.header, image.path), int(filled.sum())
