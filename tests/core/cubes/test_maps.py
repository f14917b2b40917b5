"""Maps of a line, against the Gaussian on a slope that was put in, and random numbers."""

import tracemalloc

import numpy as np
import pytest

from calgui.core.cubes.cube import Cube
from calgui.core.cubes.layers import MemoryLayer
from calgui.core.cubes.maps import line_maps
from calgui.core.errors import UsageError
from calgui.core.jobs import Job

#: nm
WAVE = 2000 + 0.5 * np.arange(120)
SIGMA = 1.2
LIGHT = 299792.458


def gaussian(centre: float, flux: float) -> np.ndarray:
    step = WAVE[1] - WAVE[0]
    return flux * step * np.exp(-0.5 * ((WAVE - centre) / SIGMA) ** 2) / (SIGMA * np.sqrt(2 * np.pi))


def cube(noise: float = 0.0, seed: int = 1) -> tuple[Cube, np.ndarray, np.ndarray]:
    """A velocity gradient along x, and a flux that grows along y."""
    centres = 2030 + 0.4 * np.arange(8)
    fluxes = 100.0 * np.arange(1, 7)
    data = np.empty((120, 6, 8))
    for y, flux in enumerate(fluxes):
        for x, centre in enumerate(centres):
            data[:, y, x] = 5 + 0.02 * (WAVE - 2030) + gaussian(centre, flux)
    err = None
    if noise:
        data += np.random.default_rng(seed).normal(0, noise, data.shape)
        err = MemoryLayer(np.full(data.shape, noise, np.float32))
    made = Cube(MemoryLayer(data.astype(np.float32)), err, None, {"BUNIT": "electron/s"}, None, WAVE)
    return made, centres, fluxes


RANGES = ((40, 86), [(10, 35), (92, 115)])


def test_a_line_on_a_slope() -> None:
    made, centres, fluxes = cube()
    maps = line_maps(made, *RANGES, Job())
    np.testing.assert_allclose(maps.flux.data, np.repeat(fluxes[:, None], 8, axis=1), rtol=2e-3)
    np.testing.assert_allclose(maps.centre.data, np.repeat(centres[None, :], 6, axis=0), atol=0.01)
    np.testing.assert_allclose(maps.width.data, SIGMA / np.repeat(centres[None], 6, axis=0) * LIGHT, rtol=0.02)
    np.testing.assert_allclose(maps.continuum.data, 5 + 0.02 * (WAVE[40:86].mean() - 2030), rtol=1e-4)
    assert maps.centre.unit == "nm"
    assert maps.width.unit == "km/s"


def test_errors_are_the_scatter_of_many_cubes() -> None:
    draws = []
    for seed in range(60):
        made, _, _ = cube(0.5, seed)
        maps = line_maps(made, *RANGES, Job())
        draws.append(maps.flux.data)
    scatter = np.std(np.array(draws), axis=0, ddof=1)
    assert np.mean(scatter) == pytest.approx(float(maps.flux.err.mean()), rel=0.05)


def test_where_there_is_no_line_there_is_no_centre() -> None:
    rng = np.random.default_rng(4)
    data = rng.normal(5, 0.5, (120, 6, 8)).astype(np.float32)
    made = Cube(MemoryLayer(data), MemoryLayer(np.full(data.shape, 0.5, np.float32)), None, {}, None, WAVE)
    maps = line_maps(made, *RANGES, Job())
    assert np.isnan(maps.centre.data).mean() > 0.9
    assert np.isfinite(maps.flux.data).all()


def test_holes_and_ranges() -> None:
    made, _, _ = cube()
    data = made.plane(0).data
    assert data.shape == (6, 8)
    for ranges in (((5, 5), [(10, 35)]), ((40, 86), []), ((40, 86), [(50, 60)])):
        with pytest.raises(UsageError):
            line_maps(made, *ranges, Job())
    numbers = np.full((120, 6, 8), np.nan, np.float32)
    empty = line_maps(Cube(MemoryLayer(numbers)), *RANGES, Job())
    assert np.isnan(empty.flux.data).all()


def test_many_planes_take_little_memory() -> None:
    n, ny, nx = 1500, 16, 256
    flat = Cube(MemoryLayer(np.ones((n, ny, nx), np.float32)))
    tracemalloc.start()
    try:
        made = line_maps(flat, (700, 800), [(0, 700), (800, n)], Job())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(made.continuum.data, 1.0, rtol=1e-6)
    assert most < 6 * 8 * 1_500_000 * 2
