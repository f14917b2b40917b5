"""The optimal ramp fit with its search for jumps against numpy's sum of the same stack of reads."""

import numpy as np

from benchmarks.harness import Row, compare
from calgui.core.algorithms.ramps.optimal import fit_optimal

READS, SIZE = 16, 2048


def measure() -> list[Row]:
    """Time fits to 16 reads of 2048² pixels, one in a hundred with a jump, without and with missing reads.

    Returns
    -------
    list of Row
    """
    rng = np.random.default_rng(1)
    npix = SIZE * SIZE
    seconds = np.arange(READS) * 2.0
    reads = rng.standard_normal((READS, npix), np.float32)
    reads *= np.float32(5)
    reads += np.float32(20)
    np.cumsum(reads, axis=0, out=reads)
    for read in reads:
        read += rng.standard_normal(npix, np.float32) * np.float32(9)
    for pixel, read in zip(rng.integers(0, npix, npix // 100), rng.integers(1, READS, npix // 100), strict=True):
        reads[read:, pixel] += 500
    good = np.ones(reads.shape, bool)
    rows = [_row("1 % with jumps", reads, good, seconds)]
    good[10:, rng.integers(0, npix, npix // 100)] = False
    rows.append(_row("1 % saturated too", reads, good, seconds))
    return rows


def _row(what: str, reads: "np.ndarray", good: "np.ndarray", seconds: "np.ndarray") -> Row:  # type: ignore[type-arg]
    return compare(
        f"optimal fit with jumps, {READS} reads of {SIZE}², {what}",
        lambda: fit_optimal(reads, good, seconds, 9.0),
        "np.sum(axis=0)",
        lambda: np.sum(reads, axis=0),
        10.0,
    )
