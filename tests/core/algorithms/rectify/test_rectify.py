"""Stars, errors and flags of rectified images; the distortion is Brown's, which no polynomial of the reference is."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import erf

from calgui.core.algorithms.distortion.polynomials import Field, design, n_terms, power_series
from calgui.core.algorithms.distortion.sip import Sip, from_series
from calgui.core.algorithms.rectify import RectifyConfig, rectify
from calgui.core.errors import InputError
from calgui.core.frames import dq
from calgui.core.frames.frame import Frame
from tests.core.algorithms.distortion.madeup import brown

SIZE = 400
FIELD = Field(SIZE, SIZE)
#: 4096 pixels would be distorted by 20 pixels in the corners; these by 6
STRENGTH = 3.0
Floats = npt.NDArray[np.float64]


def true_ideal(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Brown's distortion, three times as strong."""
    u, v = FIELD.normalized(x, y)
    ideal_u, ideal_v = brown(u, v)
    return x + STRENGTH * SIZE / 2 * (ideal_u - u), y + STRENGTH * SIZE / 2 * (ideal_v - v)


@pytest.fixture(scope="module")
def solved() -> tuple[Sip, npt.NDArray[np.float64], complex]:
    x, y = FIELD.grid(41)
    at_x, at_y = true_ideal(x, y)
    columns = design(*FIELD.normalized(x, y), 5, "legendre")
    coefficients = np.linalg.lstsq(columns, (at_x - x) + 1j * (at_y - y), rcond=None)[0]
    assert coefficients.size == n_terms(5)
    return from_series(power_series(coefficients, 5, "legendre", 0, FIELD), FIELD)


@pytest.fixture(scope="module")
def reference(solved: Any) -> Frame:
    header = {key: value for key, (value, _) in solved[0].cards().items()}
    return Frame(
        np.zeros(1, np.float32), None, None, header | {"REFTYPE": "DISTORTION", "DETECTOR": "IRIS1", "FILTER": "K"}
    )


def image_of(x: Floats, y: Floats, flux: float, fwhm: float) -> npt.NDArray[np.float32]:
    """Gaussian stars, integrated over pixels."""
    made = np.zeros((SIZE, SIZE))
    edges = np.arange(SIZE + 1) - 0.5
    sigma = fwhm / 2.3548
    for at_x, at_y in zip(x, y, strict=True):
        across, along = (np.diff(erf((edges - at) / sigma / np.sqrt(2))) / 2 for at in (at_x, at_y))
        made += flux * np.outer(along, across)
    return made.astype(np.float32)


def stars(seed: int = 1) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    at = np.arange(40, SIZE - 39, 40.0)
    x, y = (each.ravel() for each in np.meshgrid(at, at))
    return x + rng.uniform(-0.5, 0.5, x.size), y + rng.uniform(-0.5, 0.5, x.size)


def moments(image: Any, x: float, y: float, reach: int = 12) -> tuple[float, float, float, float]:
    """Flux, centre, and second moment of a star that stands alone."""
    left, low = round(x) - reach, round(y) - reach
    cut = np.asarray(image[low : low + 2 * reach + 1, left : left + 2 * reach + 1], np.float64)
    at = np.arange(2 * reach + 1)
    flux = cut.sum()
    mx, my = (cut.sum(0) * at).sum() / flux, (cut.sum(1) * at).sum() / flux
    width = (cut.sum(0) * (at - mx) ** 2).sum() / flux
    return float(flux), float(mx + left), float(my + low), float(width)


@pytest.mark.parametrize(("fwhm", "kernel", "flux_limit", "place_limit"), [
    (2.4, "cubic", 1e-3, 0.01), (1.8, "cubic", 1e-3, 0.01), (3.5, "linear", 6e-3, 0.03),
])  # fmt: skip
def test_stars_keep_their_flux_and_come_to_their_places(
    solved: Any, reference: Frame, fwhm: float, kernel: Any, flux_limit: float, place_limit: float
) -> None:
    x, y = stars()
    before = image_of(x, y, 1e5, fwhm)
    made = rectify(Frame(before), reference, RectifyConfig(kernel=kernel))
    assert made.verdict == "good"
    after = made.frame.data if made.frame is not None else before
    _, linear, shift = solved
    at_x, at_y = true_ideal(x, y)
    middle = (SIZE - 1) / 2
    # the reference leaves the linear part alone: that of the truth at the middle is taken out of the truth
    places = np.linalg.inv(linear) @ np.stack([at_x - middle - shift.real, at_y - middle - shift.imag]) + middle
    assert np.hypot(*(places - [x, y])).max() > 4
    for old_x, old_y, new_x, new_y in zip(x, y, *places, strict=True):
        flux, mx, my, width = moments(after, new_x, new_y)
        assert flux == pytest.approx(1e5, rel=flux_limit)
        assert np.hypot(mx - new_x, my - new_y) < place_limit
        if kernel == "cubic":
            # a star is as narrow as it was, but for the stretch of the distortion
            assert width == pytest.approx(moments(before, old_x, old_y)[3], rel=0.12)


def test_an_even_sky_stays_even_where_its_brightness_is_kept(reference: Frame) -> None:
    sky = Frame(np.full((SIZE, SIZE), 100, np.float32))
    flux, brightness = (rectify(sky, reference, RectifyConfig(conserve=what)).frame for what in ("flux", "brightness"))
    assert flux is not None
    assert brightness is not None
    inner = (slice(20, -20), slice(20, -20))
    np.testing.assert_allclose(brightness.data[inner], 100, rtol=1e-5)
    assert float(np.ptp(flux.data[inner])) > 2


@pytest.mark.parametrize("kernel", ["cubic", "linear"])
def test_errors_are_the_scatter_and_sums_are_noisier(reference: Frame, kernel: Any) -> None:
    rng = np.random.default_rng(3)
    sigma = np.broadcast_to(np.linspace(3, 9, SIZE, dtype=np.float32), (SIZE, SIZE))
    pulls, sums, parts = [], [], []
    for _ in range(12):
        noise = (sigma * rng.standard_normal((SIZE, SIZE))).astype(np.float32)
        made = rectify(Frame(noise, sigma.copy()), reference, RectifyConfig(kernel=kernel))
        assert made.frame is not None
        assert made.frame.err is not None
        data, err = (each[40:360, 40:360].astype(np.float64) for each in (made.frame.data, made.frame.err))
        pulls.append(data / err)
        blocks, quadrature = (each.reshape(20, 16, 20, 16).sum((1, 3)) for each in (data, err**2))
        sums.append(blocks)
        parts.append(quadrature)
    assert np.std(pulls) == pytest.approx(1, abs=0.01)
    factor = made.metrics["noise_correlation"].value
    assert isinstance(factor, float)
    assert factor > 1.05
    assert np.sqrt(np.mean(np.square(sums)) / np.mean(parts)) == pytest.approx(factor, rel=0.05)
    assert made.keywords["NOISCORR"][0] == pytest.approx(factor, abs=1e-4)


def test_bad_pixels_are_flagged_and_do_not_ring(reference: Frame) -> None:
    data = np.full((SIZE, SIZE), 50, np.float32)
    bits = np.zeros((SIZE, SIZE), np.uint32)
    data[100, 120] = np.nan
    data[200, 220], bits[200, 220] = 1e6, dq.DO_NOT_USE | dq.HOT
    bits[300, 90] = dq.JUMP_DET
    made = rectify(Frame(data, np.ones_like(data), bits), reference, RectifyConfig(conserve="brightness")).frame
    assert made is not None
    assert made.dq is not None
    inner = made.data[20:-20, 20:-20]
    good = np.isfinite(inner)
    # neither hole nor hot pixel is felt around it
    np.testing.assert_allclose(inner[good], 50, rtol=1e-4)
    lost = np.argwhere(~good)
    assert 1 <= len(lost) <= 2
    assert (made.dq[20:-20, 20:-20][~good] & dq.DO_NOT_USE).all()
    for bit, count in ((dq.HOT, 4), (dq.JUMP_DET, 4)):
        assert 3 <= int(((made.dq & bit) != 0).sum()) <= count + 2
    assert (made.dq & dq.HOT).max() == dq.HOT


def test_a_subarray_is_rectified_as_the_whole_is(reference: Frame) -> None:
    x, y = stars(5)
    whole = image_of(x, y, 1e4, 2.4)
    full = rectify(Frame(whole), reference, RectifyConfig()).frame
    part = (slice(150, 290), slice(90, 250))
    header = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 91, "SUBSTRT2": 151, "SUBSIZE1": 160, "SUBSIZE2": 140}
    cut = rectify(Frame(whole[part].copy(), None, None, header), reference, RectifyConfig()).frame
    assert full is not None
    assert cut is not None
    # a subarray without the detector's border; at its own edge the other pixels are missing
    np.testing.assert_allclose(cut.data[20:-20, 20:-20], full.data[part][20:-20, 20:-20], atol=0.02)


def test_a_reference_without_an_inverse_serves_too(reference: Frame) -> None:
    x, y = stars(6)
    image = Frame(image_of(x, y, 1e4, 2.4))
    forward = {key: value for key, value in reference.header.items() if not key.startswith(("AP_", "BP_"))}
    one = rectify(image, reference, RectifyConfig()).frame
    other = rectify(image, Frame(np.zeros(1, np.float32), None, None, forward), RectifyConfig()).frame
    assert one is not None
    assert other is not None
    np.testing.assert_allclose(one.data, other.data, atol=0.05)


def test_what_does_not_belong_is_refused(reference: Frame) -> None:
    flat = np.ones((64, 64), np.float32)
    for header, word in (({"FILTER": "H"}, "FILTER is H"), ({"DETECTOR": "IRIS3"}, "DETECTOR is IRIS3")):
        with pytest.raises(InputError, match=word):
            rectify(Frame(flat, None, None, header), reference, RectifyConfig())
    with pytest.raises(InputError, match="this is no distortion"):
        rectify(Frame(flat), Frame(flat, None, None, {"REFTYPE": "FLAT"}), RectifyConfig())
    with pytest.raises(InputError, match="lacks CRPIX1"):
        rectify(Frame(flat), Frame(flat, None, None, {"REFTYPE": "DISTORTION"}), RectifyConfig())
    twice = rectify(
        Frame(np.ones((SIZE, SIZE), np.float32), None, None, {"S_DISTOR": "COMPLETE"}), reference, RectifyConfig()
    )
    assert twice.verdict == "doubtful"
    assert "before" in twice.reasons[0]


def test_the_world_coordinates_are_those_of_a_straight_picture(reference: Frame) -> None:
    header = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "A_2_0": 1e-6, "CRVAL1": 229.6}
    made = rectify(Frame(np.ones((SIZE, SIZE), np.float32), None, None, header), reference, RectifyConfig()).frame
    assert made is not None
    assert {key: made.header.get(key) for key in header} == {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "A_ORDER": None, "A_2_0": None, "CRVAL1": 229.6,
    }  # fmt: skip


def test_there_is_a_grid_to_see(reference: Frame) -> None:
    made = rectify(Frame(np.ones((SIZE, SIZE), np.float32)), reference, RectifyConfig())
    grid = made.marks
    assert grid is not None
    assert grid.vectors is not None
    back = true_ideal(grid.x + grid.vectors[0], grid.y + grid.vectors[1])
    # an affine map apart, each node was seen where its arrow ends
    columns = np.stack([np.ones(grid.x.size), *back], axis=1)
    wanted = grid.x + 1j * grid.y
    left = columns @ np.linalg.lstsq(columns, wanted, rcond=None)[0] - wanted
    assert np.abs(left).max() < 0.01
    # one grid straight on the product, and as the input shows it
    (x, y), seen = grid.lines[0], grid.lines[1]
    drawn = np.isfinite(x)
    back = true_ideal(seen[0][drawn], seen[1][drawn])
    columns = np.stack([np.ones(back[0].size), *back], axis=1)
    wanted = (x + 1j * y)[drawn]
    left = columns @ np.linalg.lstsq(columns, wanted, rcond=None)[0] - wanted
    assert np.abs(left).max() < 0.01
    assert made.curves[0].title == "A straight grid, and how it is seen"
    assert made.keywords["S_DISTOR"][0] == "COMPLETE"
