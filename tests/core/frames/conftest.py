"""Files to read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

MakeFile = Callable[..., Path]


@pytest.fixture
def image_file(tmp_path: Path) -> MakeFile:
    """Makes a file with primary header, SCI, ERR and DQ; returns its path."""

    def make(name: str = "image.fits", shape: tuple[int, ...] = (6, 5), **keywords: object) -> Path:
        size = int(np.prod(shape))
        data = np.arange(size, dtype=np.float32).reshape(shape)
        primary = fits.PrimaryHDU()
        for keyword, value in keywords.items():
            primary.header[keyword] = value
        sci = fits.ImageHDU(data, name="SCI")
        sci.header["BUNIT"] = "electron/s"
        dq = (np.arange(size, dtype=np.uint64) * 7919 % 2**32).astype(np.uint32).reshape(shape)
        path = tmp_path / name
        fits.HDUList([primary, sci, fits.ImageHDU(data / 10, name="ERR"), fits.ImageHDU(dq, name="DQ")]).writeto(path)
        return path

    return make
