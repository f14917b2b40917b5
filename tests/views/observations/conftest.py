"""Entries and small files of a night."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.frames.index import FileEntry
from calgui.views.observations.rows import Row


@pytest.fixture
def make_row() -> Callable[..., Row]:
    """Makes a row without a file behind it."""

    def make(name: str, error: str | None = None, **header: Any) -> Row:
        return Row(FileEntry(Path("/night") / name, 2880, 1.0, header, error))

    return make


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small FITS file: the primary header as given, and an image."""

    def make(name: str, **header: Any) -> Path:
        path = tmp_path / "night" / name
        path.parent.mkdir(exist_ok=True)
        primary = fits.PrimaryHDU()
        for key, value in header.items():
            primary.header[key.replace("_OBS", "-OBS")] = value
        image = fits.ImageHDU(np.arange(64, dtype=np.float32).reshape(8, 8), name="SCI")
        image.header["BUNIT"] = ("electron/s", "unit of the image")
        fits.HDUList([primary, image]).writeto(path)
        return path

    return make
