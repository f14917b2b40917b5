"""The compiled loops on planes against the same said in numpy, with everything that pixels can be."""

import numpy as np
import pytest

from calgui.core.algorithms.kernels import address, planes

DO_NOT_USE, NO_FLAT, NON_SCIENCE, REFERENCE = 1, 1 << 18, 1 << 9, 1 << 31
SHAPE = (24, 30)


def some_plane(rng: np.random.Generator, positive: bool = False) -> np.ndarray:  # type: ignore[type-arg]
    made = rng.normal(5, 2, SHAPE).astype(np.float32)
    made = np.abs(made) + np.float32(0.1) if positive else made
    made[rng.random(SHAPE) < 0.1] = np.nan
    made[rng.random(SHAPE) < 0.05] = np.inf
    made[rng.random(SHAPE) < 0.05] = 0
    return made


def some_bits(rng: np.random.Generator) -> np.ndarray:  # type: ignore[type-arg]
    bits = np.zeros(SHAPE, np.uint32)
    for bit in (DO_NOT_USE, NO_FLAT, NON_SCIENCE, REFERENCE, 4):
        bits[rng.random(SHAPE) < 0.1] |= np.uint32(bit)
    return bits


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("without", ["", "err", "dq", "other_err", "other_dq"])
def test_subtract(seed: int, without: str) -> None:
    rng = np.random.default_rng(seed)
    given = {
        "data": some_plane(rng), "err": some_plane(rng, True), "dq": some_bits(rng),
        "other": some_plane(rng), "other_err": some_plane(rng, True), "other_dq": some_bits(rng),
    }  # fmt: skip
    if without:
        given[without] = None  # type: ignore[assignment]
    data, err, bits = np.empty(SHAPE, np.float32), np.empty(SHAPE, np.float32), np.empty(SHAPE, np.uint32)
    count = planes.subtract(
        *map(address, given.values()), 0, data.size, np.float32(1.5), np.float32(2), np.uint32(64),
        address(data), address(err), address(bits),
    )  # fmt: skip
    missing = ~np.isfinite(given["other"])
    assert count == missing.sum()
    expected = given["data"] - np.float32(1.5) * np.where(missing, np.float32(2), given["other"])
    np.testing.assert_allclose(data, expected, rtol=1e-6)
    known = [plane for plane in (given["dq"], given["other_dq"]) if plane is not None]
    np.testing.assert_array_equal(bits, np.bitwise_or.reduce(known) | np.where(missing, 64, 0).astype(np.uint32))
    if given["err"] is not None:
        theirs = np.zeros(SHAPE) if given["other_err"] is None else np.float64(1.5) * given["other_err"]
        theirs = np.where(np.isfinite(theirs), theirs, 0)
        np.testing.assert_allclose(err, np.hypot(given["err"].astype(float), theirs), rtol=1e-5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("with_flat", [True, False])
def test_divide(seed: int, with_flat: bool) -> None:
    rng = np.random.default_rng(seed)
    ours = [some_plane(rng), some_plane(rng, True), some_bits(rng)]
    flat = [some_plane(rng), some_plane(rng, True), some_bits(rng)]
    made = [np.empty(SHAPE, np.float32), np.empty(SHAPE, np.float32), np.empty(SHAPE, np.uint32)]
    kinds = tuple(np.uint32(bit) for bit in (DO_NOT_USE, NO_FLAT, NON_SCIENCE, REFERENCE))
    counts = planes.divide(
        *map(address, ours), *map(address, flat), made[0].size, kinds, with_flat, *map(address, made)
    )
    bits = flat[2].copy()
    lacking = ~(np.isfinite(flat[0]) & (flat[0] > 0)) | ((bits & NO_FLAT) != 0)
    bits[lacking] |= np.uint32(NO_FLAT | DO_NOT_USE)
    unused = (bits & DO_NOT_USE) != 0
    by = np.where(unused, 1, flat[0].astype(float))
    bits[(bits & NON_SCIENCE) != 0] |= np.uint32(DO_NOT_USE)
    light = (bits & np.uint32(NON_SCIENCE | REFERENCE)) == 0
    assert tuple(counts) == ((light & unused).sum(), light.sum())
    with np.errstate(invalid="ignore"):
        over = ours[0] / by
        of_flat = np.where(unused & ~np.isfinite(flat[1]), 0, flat[1]) / by * over
        np.testing.assert_allclose(made[0], over, rtol=1e-6)
        expected = np.sqrt((ours[1] / by) ** 2 + (of_flat**2 if with_flat else 0))
    np.testing.assert_allclose(made[1], expected, rtol=1e-5)
    bits |= ours[2]
    bits[(bits & NON_SCIENCE) != 0] |= np.uint32(DO_NOT_USE)
    np.testing.assert_array_equal(made[2], bits)


@pytest.mark.parametrize("side", [1, 2, 3, 4])
def test_in_cells(side: int) -> None:
    rng = np.random.default_rng(side)
    data, bits = some_plane(rng), some_bits(rng)
    lines, columns = SHAPE[0] // side, SHAPE[1] // side
    made = np.empty((lines, columns), np.float32)
    planes.in_cells(address(data), address(bits), SHAPE[1], (2, 22), 3, 28, side, np.uint32(DO_NOT_USE), made)
    counts = np.isfinite(data) & ((bits & DO_NOT_USE) == 0)
    counts[:2] = counts[22:] = False
    counts[:, :3] = counts[:, 28:] = False
    values = np.where(counts, data, np.nan)[: lines * side, : columns * side].reshape(lines, side, columns, side)
    good = np.isfinite(values).sum(axis=(1, 3))
    expected = np.full(good.shape, np.nan)
    enough = 2 * good >= side * side
    expected[enough] = np.nansum(values, axis=(1, 3))[enough] / good[enough]
    np.testing.assert_allclose(made, expected, rtol=1e-6)


def test_pixels_that_do_not_lie_one_behind_the_other_are_no_address() -> None:
    with pytest.raises(ValueError, match="one behind the other"):
        address(np.zeros((4, 6), np.float32)[:, 1:4])
    assert address(None) == 0
