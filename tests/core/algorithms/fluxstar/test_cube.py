from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.fluxstar.config import ExtractConfig
from calgui.core.algorithms.registry import algorithm
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job

from .scenes import gaussian

N, SIZE, SECONDS = 120, 41, 100.0
HEADER = {
    "BUNIT": "electron/s", "SCALE": 0.009, "EXPTIME": SECONDS, "CTYPE3": "WAVE", "CUNIT3": "nm", "CRVAL3": 1600.0,
    "CRPIX3": 1.0, "CD3_3": 0.2, "CTYPE1": "RA---TAN",
}  # fmt: skip
TRUTH = 500.0 + 2 * np.arange(N)


def cube(**more: Any) -> Frame:
    """A star that moves, widens and has a line in its sky."""
    rng = np.random.default_rng(5)
    data, err = np.empty((N, SIZE, SIZE), np.float32), np.empty((N, SIZE, SIZE), np.float32)
    for k in range(N):
        light = TRUTH[k] * gaussian(SIZE, 20.2 + 0.005 * k, 19.7, 1.8 + 0.002 * k) + (30 if k % 17 == 0 else 1)
        counts = rng.poisson(light * SECONDS) + rng.normal(0, 10, light.shape)
        data[k], err[k] = counts / SECONDS, np.sqrt(np.maximum(counts, 0) + 100) / SECONDS
    quality = np.zeros(data.shape, np.uint32)
    data[50, 20, 20] = np.nan
    quality[70, 15:26, 15:26] = flags.DO_NOT_USE
    return Frame(data, err, quality, {**HEADER, **more})


def test_the_spectrum_is_what_was_put_in() -> None:
    found = algorithm("extract-star").run([cube()], {}, ExtractConfig(), Job("test"))
    frame = found.frame
    assert frame is not None
    assert frame.err is not None
    assert frame.dq is not None
    use = (frame.dq & flags.DO_NOT_USE) == 0
    assert np.flatnonzero(~use).tolist() == [70]
    pull = (frame.data[use] - TRUTH[use]) / frame.err[use]
    # the aperture correction is common to all wavelengths
    apart = float(np.mean(frame.data[use] - TRUTH[use]))
    error = found.metrics["flux_error_e_per_s"].value
    assert isinstance(error, float)
    assert abs(apart) < 3 * error < 0.01 * TRUTH.mean()
    assert pull.std() == pytest.approx(1, abs=0.15)
    assert frame.dq[50] == flags.BY_NAME["FLUX_ESTIMATED"].value
    assert (frame.header["CTYPE1"], frame.header["CUNIT1"]) == ("WAVE", "um")
    assert frame.header["CRVAL1"] == pytest.approx(1.6)
    assert found.metrics["shift_pixel"].value == pytest.approx(0.6, abs=0.05)
    names = [hdu.name for hdu in found.extensions]
    assert names == ["SPECTRUM", "GROWTH"]


def test_a_cube_without_wavelengths_is_refused() -> None:
    with pytest.raises(InputError, match="wavelengths"):
        algorithm("extract-star").run([cube(CTYPE3="LINEAR")], {}, ExtractConfig(), Job("test"))
