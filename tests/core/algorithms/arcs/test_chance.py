"""What chance makes of noise, of ends of spectra, and of lamps that are off."""

import numpy as np
import pytest
from numpy.polynomial import legendre
from scipy.ndimage import gaussian_filter1d

from calgui.core.algorithms.arcs.finding import FoundLines, Noise, find_lines
from calgui.core.algorithms.arcs.fitting import fit_lines
from calgui.core.algorithms.arcs.identified import BORNE_OUT
from calgui.core.algorithms.arcs.lamps import LampLines
from calgui.core.algorithms.arcs.stretch import borne_out
from calgui.core.simulate.spectro.samples import lamp_arcs
from tests.core.algorithms.arcs.madeup import against, frame_of, solved

PIXELS = 2001


def spectrum(blurred: float) -> np.ndarray:
    noise = np.random.default_rng(3).normal(0, 1, PIXELS)
    noise = gaussian_filter1d(noise, blurred) if blurred else noise
    pixel = np.arange(PIXELS)
    lines = sum(np.exp(-0.5 * ((pixel - at) / 2) ** 2) for at in range(50, PIXELS - 50, 190))
    return np.asarray(noise / noise.std() + 60 * lines)


@pytest.mark.parametrize("blurred", [0.0, 1.5])
def test_noise_that_pixels_share_makes_no_lines(blurred: float) -> None:
    found = find_lines(spectrum(blurred), Noise(), 5.0)
    assert 11 <= len(found) <= 14


def lines_at(pixel: np.ndarray) -> FoundLines:
    m = len(pixel)
    yes, nothing = np.ones(m, bool), np.zeros(PIXELS)
    return FoundLines(
        pixel, np.full(m, 0.02), np.full(m, 1000.0), np.full(m, 3.0), yes, ~yes, 3.0, 0.0, 0, PIXELS - 1, 0,
        nothing, nothing,
    )  # fmt: skip


@pytest.mark.parametrize("reverse", [False, True])
def test_an_end_where_most_listed_lines_are_missing_has_no_names(reverse: bool) -> None:
    rng = np.random.default_rng(1)
    listed_at = np.sort(rng.uniform(40, 1960, 60))
    listed_at = listed_at[np.r_[True, np.diff(listed_at) > 8]]
    half = (PIXELS - 1) / 2
    curve = np.array([1600.0, -160.0 if reverse else 160.0, 0.8])
    wave = legendre.legval(listed_at / half - 1, curve)
    order = np.argsort(wave)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    lit = np.flatnonzero(listed_at < 1300)
    stray = np.flatnonzero(listed_at > 1700)[2]
    chosen = np.r_[lit, stray]
    # the stray one lies a pixel off where its name would have it
    found = lines_at(listed_at[chosen] + np.r_[np.zeros(len(lit)), 1.0])
    index = rank[chosen]
    n = len(wave)
    listed = LampLines(("Ar",) * n, wave[order], np.ones(n), np.zeros(n), np.ones(n, np.int64))
    fit = fit_lines(found.pixel / half - 1, listed.wavelength[index], np.full(len(chosen), 0.02), half, 2, 4.0)
    within, total = borne_out(found, listed, index, fit, np.full(n, np.log(1000.0)), PIXELS)
    assert within.tolist() == [True] * len(lit) + [False]
    assert total > 3 * len(lit)
    # lines without order have next to nothing that speaks for them
    u = np.sort(rng.uniform(-0.96, 0.96, len(chosen)))
    elsewhere = lines_at((u + 1) * half)
    index = np.argmin(np.abs(legendre.legval(u, curve)[:, None] - listed.wavelength), axis=1)
    fit = fit_lines(u, listed.wavelength[index], np.full(len(chosen), 0.02), half, 2, 4.0)
    assert borne_out(elsewhere, listed, index, fit, np.full(n, np.log(1000.0)), PIXELS)[1] < BORNE_OUT


def test_both_ends_of_the_range_may_be_off_towards_each_other() -> None:
    (sample,) = lamp_arcs((3,), ("Kr",), 1474.0, 1800.0, pixels=1000)
    result = solved(frame_of(sample, "Kr", WAVEMIN=1.474 * 1.045, WAVEMAX=1.8 * 0.955))
    assert against(result, sample.dispersion.wavelengths()[0]).rms < 0.05
