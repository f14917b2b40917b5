"""Lines through the reads of ramps against numpy's sum of the same reads, and against a plain compiled loop."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit

from benchmarks.harness import Row, compare
from calgui.core.algorithms.kernels import workers
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import fit_ramp
from calgui.core.algorithms.ramps.lines import Band, LineFitter
from calgui.core.algorithms.ramps.response import response_of
from calgui.core.algorithms.ramps.setup import setup_of
from calgui.core.frames.frame import Frame

SIZE, READS = 2048, 16
HEADER = {
    "TGROUP": 5.0, "GAIN": 2.0, "READNOIS": 9.0, "BUNIT": "adu", "SUBARRAY": "CUSTOM", "SUBSTRT1": 1001,
    "SUBSTRT2": 1001, "DETXSIZE": 4096, "DETYSIZE": 4096,
}  # fmt: skip


@njit(nogil=True)
def _plain(reads, seconds, gain, noise):  # type: ignore[no-untyped-def]
    """What one would write: pixel by pixel, in double precision."""
    n, ny, nx = reads.shape
    rate, err = np.empty((ny, nx)), np.empty((ny, nx))
    for y in range(ny):
        for x in range(nx):
            count, st, sy, stt, sty = 0, 0.0, 0.0, 0.0, 0.0
            for k in range(n):
                value = reads[k, y, x] * gain
                if np.isfinite(value):
                    t = seconds[k]
                    count += 1
                    st += t
                    sy += value
                    stt += t * t
                    sty += t * value
            spread = stt - st * st / count
            rate[y, x] = (sty - st * sy / count) / spread
            later, photons = 0.0, 0.0
            for k in range(n - 1, -1, -1):
                later += (seconds[k] - st / count) / spread
                photons += later * later * (seconds[k] - (seconds[k - 1] if k else 0.0))
            err[y, x] = np.sqrt(noise * noise / spread + photons * max(rate[y, x], 0.0))
    return rate, err


def measure() -> list[Row]:
    """Time lines through all reads, with and without flags, and the whole of the algorithm.

    Returns
    -------
    list of Row
    """
    rng = np.random.default_rng(1)
    reads = rng.standard_normal((READS, SIZE, SIZE), np.float32)
    reads += np.float32(5000) + np.float32(50) * np.arange(READS, dtype=np.float32)[:, None, None]
    frame = Frame(reads.view(), header=HEADER)
    config = FitRampConfig()
    setup = setup_of([frame], config)
    fitter = LineFitter(setup, config, response_of(frame, None, setup, config))
    none, zeros = np.zeros((READS, SIZE), np.float32), np.full(SIZE, np.nan, np.float32)
    bits = np.zeros(reads.shape, np.uint32)

    def band(dq: Any) -> Band:
        return Band(reads, dq, none, none, zeros, np.empty((0, 0), np.float32))

    what = f"a line through {READS} reads of {SIZE}²"
    with ThreadPoolExecutor(workers()) as pool:
        rows = [
            compare(what, lambda: fitter.fit(band(None), pool), "np.sum(axis=0)", lambda: np.sum(reads, axis=0), 1.0),
            compare(
                what,
                lambda: fitter.fit(band(None), pool),
                "a numba loop over pixels, double",
                lambda: _plain(reads, setup.seconds, 2.0, 9.0),
                5.0,
                "faster",
            ),
        ]
        for plane in bits:
            plane.flat[rng.integers(0, plane.size, plane.size // 1000)] = 2
        flagged = f"{what}, 1.6 % of the pixels saturated"
        rows.append(
            compare(flagged, lambda: fitter.fit(band(bits), pool), "np.sum(axis=0)", lambda: np.sum(reads, axis=0), 8.0)
        )
    rows.append(
        compare(
            f"fit-ramp of {READS} reads of {SIZE}², with its diagnostics",
            lambda: fit_ramp([frame], {}, config),
            "np.sum(axis=0)",
            lambda: np.sum(reads, axis=0),
            20.0,
        )
    )
    return rows
