"""One spectrum of a stack of them: a row of an image whose table tells where in the field each is."""

from pathlib import Path

import numpy as np

from calgui.core.frames.headers import read_headers
from calgui.core.frames.spectra import open_input
from calgui.core.spectra.spectrum import Spectrum


def is_stack(path: Path | str) -> bool:
    """Whether a file is a stack of spectra of a field; headers alone are looked at.

    Parameters
    ----------
    path : path-like
        FITS.

    Returns
    -------
    bool
        It may turn out to be none when its table is read.
    """
    hdus = read_headers(path)
    return any(hdu.is_image and len(hdu.shape) == 2 for hdu in hdus) and any(hdu.kind == "table" for hdu in hdus)


def spectrum_of_stack(path: Path | str, row: int | None = None) -> Spectrum | None:
    """Read one spectrum of a stack.

    Parameters
    ----------
    path : path-like
        FITS.
    row : int, optional
        Of the image, from 0; else the one with the most light.

    Returns
    -------
    Spectrum or None
        None where the file is no stack, or has no such row.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    path = Path(path)
    with open_input(path) as frame:
        if frame.places is None or len(frame.shape) != 2:
            return None
        if row is None:
            light = np.nan_to_num(frame.rows(0, frame.shape[0]).data).sum(axis=1)
            row = int(light.argmax())
        if not 0 <= row < frame.shape[0]:
            return None
        part = frame.rows(row, row + 1)
        y, x = (int(one[row]) for one in frame.places)
        flux = part.data[0].astype(np.float64)
        error = part.err[0].astype(np.float64) if part.err is not None else None
        return Spectrum(flux, error, None, frame.unit, f"{path.name}, row {y}, column {x}", path, dict(frame.header))
