"""Parts of a wavelength solution by themselves: lists of lines, centres, polynomials, options."""

import numpy as np
import pytest
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.aligning import false_alarm
from calgui.core.algorithms.arcs.config import parse_excluded, parse_identified
from calgui.core.algorithms.arcs.finding import Noise, extent, find_lines
from calgui.core.algorithms.arcs.fitting import best_order, fit_lines, order_looks
from calgui.core.algorithms.arcs.lamps import LampLines, lamp_lines, lamps_of
from calgui.core.algorithms.arcs.solution import Solution1D
from calgui.core.errors import InputError, UsageError
from calgui.core.spectra.lines import line_list


def listed(*pairs: tuple[float, float]) -> LampLines:
    wave, strength = (np.array(one, float) for one in zip(*pairs, strict=True))
    return LampLines(("Ar",) * len(wave), wave, strength, np.zeros(len(wave)), np.ones(len(wave), np.int64))


def test_lamps_by_name() -> None:
    assert lamps_of("Ar, kr") == ("Ar", "Kr")
    assert lamps_of("argon+neon+Ar") == ("Ar", "Ne")
    assert lamps_of("") == ()
    with pytest.raises(InputError, match="Th"):
        lamps_of("Th,Ar")


def test_lists_are_merged_in_order() -> None:
    both = lamp_lines(("Kr", "Ar"))
    assert len(both) == len(line_list("Ar").wavelength) + len(line_list("Kr").wavelength)
    assert np.all(np.diff(both.wavelength) >= 0)


def test_close_lines_are_one_at_their_mean_and_neighbours_cast_doubt() -> None:
    seen = listed((1600.0, 1.0), (1600.1, 3.0), (1605.0, 1.0), (1605.9, 1.0)).resolved(1.0)
    assert seen.wavelength == pytest.approx([1600.075, 1605.0, 1605.9])
    assert list(seen.components) == [2, 1, 1]
    # a neighbour at d of the same strength moves a fitted Gaussian by d exp(-d²/4σ²)
    assert seen.doubt[1] == pytest.approx(0.9 * np.exp(-(0.9**2) * 2.35482**2 / 4), rel=1e-3)
    # a strength off by two moves the mean by some hundredths of the distance
    assert 0.005 < seen.doubt[0] < 0.03
    alone = listed((1600.0, 1.0), (1620.0, 1.0)).resolved(0.5)
    assert np.all(alone.doubt < 1e-12)


def test_centres_of_lines_have_the_errors_that_they_say() -> None:
    rng = np.random.default_rng(5)
    pixel, pulls = np.arange(600.0), []
    edges = np.arange(601) - 0.5
    from math import erf, sqrt

    for _ in range(12):
        centres = np.arange(40, 570, 55) + rng.uniform(-0.5, 0.5, 10)
        model = np.full(600, 20.0)
        for centre in centres:
            shares = np.array([erf((edge - centre) / (sqrt(2) * 1.1)) / 2 for edge in edges])
            model += 3000 * np.diff(shares)
        seen = find_lines(rng.poisson(model) + rng.normal(0, 9, 600), Noise(None, 1.0, 9.0), 6.0)
        nearest = [int(np.argmin(np.abs(seen.pixel - centre))) for centre in centres]
        assert len(seen) == 10
        pulls += list((seen.pixel[nearest] - centres) / seen.pixel_error[nearest])
        assert seen.fwhm == pytest.approx(1.1 * 2.3548, rel=0.06)
    assert 0.8 < np.std(pulls) < 1.2
    assert abs(np.mean(pulls)) < 0.25
    assert pixel.size == 600


def test_padding_and_hot_pixels_are_no_lines() -> None:
    rng = np.random.default_rng(2)
    flux = rng.normal(100, 3, 400)
    flux[[50, 120, 333]] += 4000
    for centre in (80.0, 200.0, 300.0):
        flux += 500 * np.exp(-0.5 * ((np.arange(400) - centre) / 1.2) ** 2)
    flux[:20], flux[390:] = 0, np.nan
    seen = find_lines(flux, Noise(), 5.0)
    assert extent(flux) == (20, 389)
    assert seen.pixel == pytest.approx([80, 200, 300], abs=0.1)
    assert seen.narrow == 3


def test_a_polynomial_is_found_again_and_what_is_off_is_rejected() -> None:
    rng = np.random.default_rng(3)
    truth = np.array([1650.0, 40.0, 0.9, -0.2])
    u = np.sort(rng.uniform(-0.95, 0.95, 25))
    error = np.full(25, 0.02)
    pixel_nm = 40.0 / 200
    wave = legendre.legval(u + rng.normal(0, 0.02, 25) / 200, truth)
    wave[[3, 11, 12, 20]] += pixel_nm * np.array([0.5, -0.7, 0.9, 0.4])
    looks = order_looks(u, wave, error, 200.0, 4.0)
    assert best_order(looks) == 3
    fit = fit_lines(u, wave, error, 200.0, 3, 4.0)
    assert list(np.flatnonzero(~fit.used)) == [3, 11, 12, 20]
    grid = np.linspace(-0.9, 0.9, 50)
    off = (legendre.legval(grid, fit.coefficients) - legendre.legval(grid, truth)) / pixel_nm
    assert np.sqrt(np.mean(off**2)) < 0.02
    # errors of the coefficients are those that the scatter has
    assert np.all(np.abs(fit.coefficients - truth) < 5 * np.sqrt(np.diag(fit.covariance)))


def test_pixels_of_wavelengths_are_the_inverse() -> None:
    none = np.zeros(0)
    solution = Solution1D(
        np.array([1650.0, -40.0, 0.9, 0.1]), (0.0, 399.0), none, none, none, none.astype(int), none, none.astype(int),
        none, 2.0, 0.0,
    )  # fmt: skip
    pixel = np.linspace(0, 399, 57)
    assert solution.pixels(solution.wavelengths(pixel)) == pytest.approx(pixel, abs=1e-8)
    assert np.all(solution.dispersion(pixel) < 0)
    assert np.isnan(solution.pixels(np.array([3000.0]))).all()


def test_chance_is_as_its_scores_say() -> None:
    scores = np.array([-10.0, -8.0, -12.0, -9.0, -11.0, -10.0])
    assert false_alarm(40.0, scores) < 1e-6
    assert false_alarm(-10.0, scores) > 0.2
    assert false_alarm(5.0, scores[:1]) == 1.0


def test_options_by_hand() -> None:
    assert parse_identified("512.3=1694.521; 830=1744.967") == ((512.3, 1694.521), (830.0, 1744.967))
    assert parse_excluded("1694.521;") == (1694.521,)
    for text in ("12", "a=b", "3=-1"):
        with pytest.raises(UsageError, match="identify"):
            parse_identified(text)
    with pytest.raises(UsageError, match="exclude"):
        parse_excluded("red")
