from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.pinholes.config import PinholeConfig
from calgui.core.algorithms.pinholes.measure import measure_pinholes
from calgui.core.algorithms.pinholes.spots import FALSE, NO_PLACE, SATURATED, Spots
from calgui.core.errors import InputError
from calgui.core.frames import dq
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from tests.core.algorithms.pinholes.mask import FINE, Picture, disc, gaussian, picture, stamp, wrong


def measured(frame: Frame, **options: Any) -> Spots:
    return measure_pinholes(frame, PinholeConfig(**options), Job())


def errors(spots: Spots, made: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Of the used spots, less their mean, and the places of their pinholes."""
    away, nearest = made.truth_of(spots.x, spots.y)
    assert not (spots.used & (away > 0.5)).any()
    found = np.column_stack([spots.x, spots.y])[spots.used]
    true = made.places[nearest[spots.used]]
    return found - true - (found - true).mean(axis=0), true


def limit(fwhm: float, flux: float, background: float) -> float:
    """Cramér-Rao bound of a centre, pixels: from the slope of the light, by differences."""
    step, total = 0.01, []
    for phase in (0.0, 0.2, 0.4):
        seen = []
        for x in (20 + phase + step, 20 + phase - step, 20 + phase):
            image = np.zeros((41, 41))
            stamp(image, x, 20 + phase, flux, fwhm)
            seen.append(image)
        slope = (seen[0] - seen[1]) / (2 * step)
        total.append((slope**2 / (seen[2] + background)).sum())
    return float(1 / np.sqrt(np.mean(total)))


def test_centers_scatter_by_the_limit_and_by_their_errors() -> None:
    made = picture(1, size=512)
    spots = measured(made.frame)
    off, _ = errors(spots, made)
    # 9 e-, and 20 e- of light all over; the mean flux
    bound = limit(2.4, float(np.median(spots.flux[spots.used])), 81 + 20)
    assert 0.0085 < bound < 0.0095
    assert off.std() < 1.06 * bound
    assert np.median(spots.x_error[spots.used]) == pytest.approx(bound, rel=0.06)
    assert (off[:, 0] / spots.x_error[spots.used]).std() == pytest.approx(1, abs=0.1)
    assert np.median(spots.fwhm[spots.used]) == pytest.approx(2.4, rel=0.01)
    _, nearest = made.truth_of(spots.x, spots.y)
    true = 20_000 * (1 - 0.3 * ((made.places / 512 - [0.3, 0.6]) ** 2).sum(axis=1))
    assert np.median(spots.flux[spots.used] / true[nearest[spots.used]]) == pytest.approx(1, abs=0.01)


def test_none_stands_in_a_wrong_place_and_dust_in_none() -> None:
    for seed, angle in ((2, 33.0), (3, 211.0)):
        made = picture(seed, angle=angle, hot=0.004)
        spots = measured(made.frame)
        away, nearest = made.truth_of(spots.x, spots.y)
        placed = spots.placed & (away < 1)
        assert wrong(np.column_stack([spots.i, spots.j])[placed], made.index[nearest[placed]]) == 0
        assert placed.sum() > 0.99 * len(made.places)
        assert spots.used.sum() > 0.92 * len(made.places)
        assert not (spots.used & (away > 0.1)).any()
        false = spots.state == FALSE
        assert (spots.i[false] == NO_PLACE).all()
        assert false.sum() > 0.4 * len(made.false)


@pytest.mark.parametrize(("fwhm", "shape"), [(1.5, gaussian), (1.5, disc), (2.4, disc)])
def test_centers_do_not_depend_on_the_phase_of_the_pixels(fwhm: float, shape: Any) -> None:
    made = picture(4, size=512, fwhm=fwhm, flux=200_000.0, shape=shape, noise=5.0, false=0.0)
    spots = measured(made.frame)
    assert spots.used.sum() > 0.95 * len(made.places)
    assert spots.model == "measured"
    biased = phase_bias(*errors(spots, made))
    assert biased < 0.002
    if shape is disc and fwhm == 1.5:
        # a Gaussian is worse: that is why the shape is measured
        assert biased < 0.7 * phase_bias(*errors(measured(made.frame, spot="gaussian"), made))


def phase_bias(off: np.ndarray, true: np.ndarray) -> float:
    """Scatter of the mean errors at eight phases of the pixels, the worse of both axes."""
    phase = ((true - np.floor(true)) * 8).astype(int)
    return max(float(np.std([off[phase[:, axis] == k, axis].mean() for k in range(8)])) for axis in (0, 1))


def test_centers_agree_with_those_of_photutils() -> None:
    from astropy.table import Table
    from photutils.psf import GaussianPRF, PSFPhotometry

    made = picture(5, size=200, false=0.0, missing=0.0)
    spots = measured(made.frame, spot="gaussian")
    chosen = np.flatnonzero(spots.used)[:30]
    data = np.asarray(made.frame.data, np.float64) - 20.0
    variance = np.maximum(data, 0) + 81 + 20
    model = GaussianPRF(x_fwhm=2.4, y_fwhm=2.4)
    model.x_fwhm.fixed = model.y_fwhm.fixed = False
    start = Table({"x": spots.x[chosen] + 0.2, "y": spots.y[chosen] - 0.2, "flux": spots.flux[chosen]})
    fitted = PSFPhotometry(model, (9, 9), aperture_radius=4)(data, error=np.sqrt(variance), init_params=start)
    off = np.hypot(fitted["x_fit"] - spots.x[chosen], fitted["y_fit"] - spots.y[chosen])
    assert np.median(off) < 0.003
    assert np.median(spots.x_error[chosen] / fitted["x_err"]) == pytest.approx(1, abs=0.06)


def test_a_flagged_pixel_and_a_hit_do_not_move_a_spot() -> None:
    made = picture(6, false=0.0)
    data, flags = np.array(made.frame.data), np.zeros(made.frame.shape, np.uint32)
    x, y = np.rint(made.places[40:60]).astype(int).T
    data[y[:10], x[:10] + 1] = 1e5
    flags[y[:10], x[:10] + 1] = dq.DO_NOT_USE
    data[y[10:] + 2, x[10:]] += 800  # nothing says that these are hit
    made = Picture(Frame(data, dq=flags, header=made.frame.header), made.places, made.index, made.false)
    spots = measured(made.frame)
    away, nearest = made.truth_of(spots.x, spots.y)
    touched = spots.used & (nearest >= 40) & (nearest < 60)
    assert touched.sum() >= 18
    assert away[touched].max() < 0.06


def test_errors_of_the_frame_count() -> None:
    made = picture(7)
    noise = np.sqrt(np.maximum(made.frame.data, 0) + 81).astype(np.float32)
    plain = measured(made.frame)
    twice = measured(Frame(made.frame.data, 2 * noise, header=made.frame.header))
    assert np.median(twice.x_error[twice.used]) == pytest.approx(2 * np.median(plain.x_error[plain.used]), rel=0.08)


def test_rates_and_counts_are_electrons_at_the_end() -> None:
    made = picture(8)
    rate = measured(Frame(made.frame.data / np.float32(20), header={"BUNIT": "adu/s", "GAIN": 2.0, "EXPTIME": 10.0}))
    plain = measured(made.frame)
    np.testing.assert_allclose(rate.flux, plain.flux, rtol=1e-3)
    np.testing.assert_allclose(rate.x, plain.x, atol=1e-3)
    with pytest.raises(InputError, match="exposure time"):
        measured(Frame(made.frame.data, header={"BUNIT": "electron/s"}))
    with pytest.raises(InputError, match="GAIN"):
        measured(Frame(made.frame.data, header={"BUNIT": "adu"}))


def test_dead_pixels_hide_no_pinhole_and_reference_pixels_are_none() -> None:
    made = picture(9, false=0.0, missing=0.0, margin=-3.0)
    data = np.array(made.frame.data)
    x, y = np.rint(made.places[100]).astype(int)
    flags = np.zeros(data.shape, np.uint32)
    flags[y, x] = dq.DEAD | dq.DO_NOT_USE
    data[y, x] = 0
    spots = measured(Frame(data, dq=flags, header={"BUNIT": "electron", "SUBARRAY": "FULL"}))
    away, nearest = made.truth_of(spots.x, spots.y)
    assert away[nearest == 100].min() < 0.06
    low, high = 3.5, 320 - 4.5
    inside = (np.minimum(spots.x, spots.y) - low > 2) & (high - np.maximum(spots.x, spots.y) > 2)
    assert not (spots.used & ~inside).any()


def test_saturated_spots_are_told_from_others() -> None:
    made = picture(10, flux=150_000.0, false=0.0)
    data = np.array(made.frame.data)
    spots = measured(made.frame)
    assert not (spots.state == SATURATED).any()
    flags = np.where(data > 10_000, np.uint32(dq.SATURATED), np.uint32(0))
    flags[:, :160] = 0
    spots = measured(Frame(data, dq=flags, header=made.frame.header))
    assert (spots.state[spots.placed & (spots.x > 166)] == SATURATED).sum() > 30
    assert not (spots.state[spots.x < 154] == SATURATED).any()
    with pytest.raises(InputError, match="saturated"):
        measured(made.frame, saturation=3_000.0)
    # no flag says it: pixels that are all alike do
    cut = picture(11, flux=1_000_000.0)
    with pytest.raises(InputError, match="saturated"):
        measured(Frame(np.minimum(cut.frame.data, 50_000), header=cut.frame.header))


def test_pictures_of_something_else_are_refused() -> None:
    rng = np.random.default_rng(12)
    stars = np.full((300, 300), 20.0)
    for x, y in rng.uniform(8, 291, (120, 2)):
        stamp(stars, x, y, 10 ** rng.uniform(3.3, 5), 2.4)
    blank = 9 * rng.standard_normal((300, 300))
    for image, words in ((np.zeros((64, 64)), "blank"), (blank, "No spot"), (stars + blank, "no grid")):
        with pytest.raises(InputError, match=words) as raised:
            measured(Frame(image.astype(np.float32), header={"BUNIT": "electron"}))
        assert raised.value.cure
    with pytest.raises(InputError, match="flow into each other"):
        measured(picture(13, size=200, pitch=6.4, bend=0.0, false=0.0, missing=0.0).frame)
    with pytest.raises(InputError, match="two axes"):
        measured(Frame(np.zeros((2, 8, 8), np.float32), header={"BUNIT": "electron"}))


def test_samples_of_a_pixel_are_fine_enough() -> None:
    """The truth itself: against the integral of a Gaussian by the error function."""
    from scipy.special import ndtr

    image, sigma = np.zeros((21, 21)), 1.5 / np.sqrt(8 * np.log(2))
    stamp(image, 10.3, 9.8, 1.0, 1.5)
    along = np.diff(ndtr((np.arange(22) - 0.5 - 10.3) / sigma))
    across = np.diff(ndtr((np.arange(22) - 0.5 - 9.8) / sigma))
    np.testing.assert_allclose(image, across[:, None] * along[None], atol=5e-4)
    assert FINE == 10
