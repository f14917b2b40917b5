"""Combination of frames against numpy's mean, and clipping against astropy, on the same stacks."""

import warnings
from typing import Any

import numpy as np
from astropy.stats import SigmaClip

from benchmarks.harness import Row, compare
from calgui.core.algorithms.combine import Combination, combine
from calgui.core.frames.dq import DO_NOT_USE
from calgui.core.frames.frame import Frame

SIZE = 4096


def measure() -> list[Row]:
    """Time medians of 3, 9 and 25 frames, with and without holes, and a clipped mean.

    Returns
    -------
    list of Row
    """
    rows = []
    rng = np.random.default_rng(1)
    whole = rng.standard_normal((25, SIZE, SIZE), np.float32)
    for n, reach in ((3, 1.0), (9, 0.5), (25, 1.0)):
        rows.append(_median(f"median of {n} frames of {SIZE}², all finite", whole[:n], None, reach))
    rows += [_clipped("all finite", whole[:n], None) for n in (9, 25)]
    bits = np.zeros(whole.shape, np.uint32)
    for plane, flags in zip(whole, bits, strict=True):
        plane.flat[rng.integers(0, plane.size, plane.size // 100)] = np.nan
        flags.flat[rng.integers(0, flags.size, flags.size // 100)] = DO_NOT_USE
    for n in (9, 25):
        rows.append(_median(f"median of {n} frames of {SIZE}², 2 % NaN or flagged", whole[:n], bits[:n], 3.0))
    rows += [_clipped("2 % NaN or flagged", whole[:n], bits[:n]) for n in (9, 25)]
    return rows


def _frames(stack: Any, bits: Any) -> list[Frame]:
    return [Frame(plane, None, None if bits is None else bits[index]) for index, plane in enumerate(stack)]


def _median(what: str, stack: Any, bits: Any, reach: float) -> Row:
    frames = _frames(stack.view(), None if bits is None else bits.view())
    how = Combination("median", "none")
    return compare(
        what, lambda: combine(frames, how), "np.mean(axis=0)", lambda: np.mean(stack, axis=0), reach, repeat=9
    )


def _clipped(what: str, stack: Any, bits: Any) -> Row:
    frames = _frames(stack.view(), None if bits is None else bits.view())
    how = Combination("clipped-mean", "none", 3.0, 3.0, 5, min_left=1)
    clip = SigmaClip(sigma=3.0, maxiters=5)

    def theirs() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            masked = stack if bits is None else np.ma.MaskedArray(stack, ~np.isfinite(stack) | (bits != 0))
            return np.ma.mean(clip(masked, axis=0), axis=0)

    return compare(
        f"clipped mean of {len(stack)} frames of {SIZE}², {what}",
        lambda: combine(frames, how),
        "astropy SigmaClip + mean",
        theirs,
        50.0,
        "faster",
        repeat=9,
        peer_repeat=2,
    )
