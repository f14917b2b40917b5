"""Fields, clicks, flags, cubes and bad input."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.measuring import ALGORITHMS, measure_psf
from calgui.core.algorithms.psf.setting import setting_of
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from tests.core.algorithms.psf.starlight import HEADER, exposed, star

(HOW,) = ALGORITHMS
SIZE = 700


@cache
def field() -> tuple[Any, Any]:
    """Five stars of one Strehl ratio: column, row, electrons."""
    places = np.array(
        [(150.3, 160.7, 2e6), (560.2, 140.1, 1e6), (330.8, 350.4, 1.5e6), (120.6, 540.9, 8e5), (571.5, 548.2, 6e5)]
    )
    one = star(2.2, 1.0, 0.3)
    image = np.zeros((SIZE, SIZE))
    for x, y, flux in places:
        image += flux * _shifted(one, x, y)
    return image, places


def _shifted(one: Any, x: float, y: float) -> Any:
    """A star anywhere in the field: the middle of a larger picture is cut out."""
    ix, iy = round(x), round(y)
    whole = one.image(901, 450 + x - ix, 450 + y - iy)
    out = np.zeros((SIZE, SIZE))
    rows, columns = np.arange(SIZE) - iy + 450, np.arange(SIZE) - ix + 450
    fine_rows, fine_columns = (rows >= 0) & (rows < 901), (columns >= 0) & (columns < 901)
    out[np.ix_(fine_rows, fine_columns)] = whole[np.ix_(rows[fine_rows], columns[fine_columns])]
    return out


@pytest.fixture(scope="module")
def crowd() -> tuple[Frame, Any, Any]:
    image, places = field()
    frame = exposed(image, 3)
    assert HOW.measure is not None
    return frame, places, HOW.measure([frame], {}, PsfConfig(), Job())


def test_a_field_is_found_and_measured(crowd: tuple[Frame, Any, Any]) -> None:
    frame, places, measured = crowd
    assert HOW.refit is not None
    result = HOW.refit(measured, PsfConfig(flux_radius=200.0), Job())
    marks = result.marks
    assert marks is not None
    assert len(marks.x) == len(places)
    for x, y, flux in places:
        near = int(np.hypot(marks.x - x, marks.y - y).argmin())
        assert math.hypot(marks.x[near] - x, marks.y[near] - y) < 0.02
        one = star(2.2, 1.0, 0.3)
        light = flux * one.encircled(200.0) * one.flux
        assert marks.values["flux"][near] == pytest.approx(light, rel=0.02)
    strehl = marks.values["Strehl"]
    assert np.ptp(strehl) < 0.03
    assert result.metrics["x_pixel"].value == pytest.approx(150.3, abs=0.02)
    columns = {extra.name: extra.data for extra in result.extensions}
    assert isinstance(columns["STARS"], dict)
    assert np.allclose(columns["STARS"]["strehl"], strehl, equal_nan=True)
    assert isinstance(columns["CUTOUTS"], np.ndarray)
    assert len(columns["CUTOUTS"]) == len(places)
    assert result.frame is not None
    assert result.frame.data.sum() == pytest.approx(1, abs=1e-4)
    assert result.picture is not None
    assert result.picture.shape == frame.shape


def test_a_click_excludes_a_star(crowd: tuple[Frame, Any, Any]) -> None:
    _, _, measured = crowd
    assert HOW.refit is not None
    everything = HOW.refit(measured, PsfConfig(), Job())
    without = HOW.refit(measured, PsfConfig(exclude="150.0,161.0"), Job())
    assert without.metrics["n_stars"].value == everything.metrics["n_stars"].value - 1  # type: ignore[operator]
    assert without.metrics["x_pixel"].value == pytest.approx(330.8, abs=0.05)
    assert without.marks is not None
    assert without.marks.states[without.marks.state[0]] == "excluded"
    with pytest.raises(InputError, match="excluded"):
        HOW.refit(measured, PsfConfig(exclude="; ".join(f"{x},{y}" for x, y, _ in field()[1])), Job())


def test_stars_that_are_clicked_are_those_that_are_measured(crowd: tuple[Frame, Any, Any]) -> None:
    frame = crowd[0]
    result = measure_psf([frame], PsfConfig(stars="571,548; 121,541"))
    assert result.metrics["n_found"].value == 2
    with pytest.raises(InputError, match="no star at 300,200"):
        measure_psf([frame], PsfConfig(stars="300,200"))
    with pytest.raises(InputError, match="no pixel 900,10"):
        measure_psf([frame], PsfConfig(stars="900,10"))


@pytest.mark.parametrize(("model", "name"), [("gaussian", "fwhm_a_mas"), ("moffat", "beta"), ("airy", "dark_ring_mas")])
def test_models_give_back_what_was_put_in(model: str, name: str) -> None:
    from scipy.special import j1

    fine = 15
    axis = (np.arange(61 * fine) + 0.5) / fine - 0.5
    x, y = axis[None, :] - 30.3, axis[:, None] - 29.8
    if model == "gaussian":
        density = np.exp(-4 * math.log(2) * (x**2 / 2.4**2 + y**2 / 2.0**2))
    elif model == "moffat":
        alpha = 2.6 / (2 * math.sqrt(2 ** (1 / 3.0) - 1))
        density = (1 + (x**2 + y**2) / alpha**2) ** -3.0
    else:
        z = 3.8317059702075125 * np.hypot(x, y) / 3.1
        density = (2 * j1(z) / z) ** 2
    pixels = density.reshape(61, fine, 61, fine).sum(axis=(1, 3))
    frame = exposed(2e6 * pixels / pixels.sum(), 1, TELESCOP="Another")
    config = PsfConfig(model=model, fit_radius=10.0, background="none", flux_radius=100.0)  # type: ignore[arg-type]
    table = next(t for t in measure_psf([frame], config).tables if t.title.startswith("Model"))
    rows = {row[0]: row for row in table.rows}
    truth = {"fwhm_a_mas": 9.6, "beta": 3.0, "dark_ring_mas": 12.4}[name]
    assert rows[name][1] == pytest.approx(truth, abs=max(5 * rows[name][2], 0.002 * truth))
    assert rows["x"][1] == pytest.approx(30.3, abs=0.005)
    assert 0.7 < rows["reduced chi²"][1] < 1.5


def test_rings_are_photutils_circles() -> None:
    from photutils.aperture import CircularAperture, aperture_photometry

    frame = exposed(1e6 * star(2.2, 1.0, 0.3).image(512, 255.3, 256.4), 2)
    result = measure_psf([frame], PsfConfig(background="none", flux_radius=500.0))
    place = (result.metrics["x_pixel"].value, result.metrics["y_pixel"].value)
    light = aperture_photometry(frame.data.astype(float), CircularAperture(place, 125.0))["aperture_sum"][0]
    assert result.metrics["flux"].value == pytest.approx(light, rel=1e-3)


def test_a_saturated_star_is_told() -> None:
    image, _ = field()
    frame = exposed(image, 4)
    data, bits = np.array(frame.data), np.zeros(frame.shape, np.uint32)
    full = data > 40000
    data[full], bits[full] = 40000, flags.SATURATED
    result = measure_psf([Frame(data, None, bits, frame.header)], PsfConfig())
    assert result.marks is not None
    states = [result.marks.states[k] for k in result.marks.state]
    assert states.count("saturated") >= 1
    assert result.metrics["x_pixel"].value != pytest.approx(150.3, abs=1)
    alone = exposed(4e7 * star(2.2, 1.0, 0.3).image(300, 150, 150), 5)
    with pytest.raises(InputError, match="saturated"):
        measure_psf([Frame(np.minimum(alone.data, 60000), None, None, alone.header)], PsfConfig())


@pytest.mark.parametrize("slope", [0, 1])
def test_the_track_of_a_cosmic_ray_is_no_saturated_star(slope: int) -> None:
    frame = exposed(1e6 * star(2.2, 1.0, 0.3).image(256, 127.3, 128.4), 6)
    clean = measure_psf([frame], PsfConfig(flux_radius=200.0))
    data = np.array(frame.data)
    steps = np.arange(9)
    data[150 + slope * steps, 155 + steps] += 60 * float(np.std(data[:20])) + 500
    hit = measure_psf([Frame(data, frame.err, frame.dq, frame.header)], PsfConfig(flux_radius=200.0))
    assert hit.marks is not None
    assert "saturated" not in [hit.marks.states[k] for k in hit.marks.state]
    for name in ("x_pixel", "y_pixel", "fwhm_mas"):
        assert hit.metrics[name].value == pytest.approx(clean.metrics[name].value, abs=0.01)


def test_holes_and_hits_do_no_harm() -> None:
    one = star(2.2, 1.0, 0.3)
    frame = exposed(1e6 * one.image(512, 255.3, 256.4), 6)
    clean = measure_psf([frame], PsfConfig())
    data = np.array(frame.data)
    rng = np.random.default_rng(1)
    holes = rng.integers(0, 512, (2, 800))
    far = np.hypot(holes[1] - 255, holes[0] - 256) > 8
    data[holes[0][far], holes[1][far]] = np.nan
    data[100, 100] += 40000
    result = measure_psf([Frame(data, None, None, frame.header)], PsfConfig())
    assert result.metrics["n_found"].value == 1
    assert result.metrics["strehl"].value == pytest.approx(clean.metrics["strehl"].value, abs=0.01)
    data = data.copy()
    data[256, 255] = np.nan
    core = measure_psf([Frame(data, None, None, frame.header)], PsfConfig())
    assert core.metrics["strehl"].value == pytest.approx(clean.metrics["strehl"].value, abs=0.01)
    assert any("filled" in reason for reason in core.reasons)


def test_coarse_spaxels_have_no_width() -> None:
    whole = star(2.2, 1.0, 0.3).image(510, 254.5, 254.5)
    for arcsec, times in ((0.009, 2), (0.025, 6), (0.05, 12)):
        cut = 510 // times * times
        image = whole[:cut, :cut].reshape(cut // times, times, cut // times, times).sum(axis=(1, 3))
        result = measure_psf([exposed(1e6 * image, 1, SCALE=arcsec)], PsfConfig())
        for name in ("strehl", "strehl_error", "fwhm_mas", "fwhm_optical_mas"):
            assert result.metrics[name].value is None
        assert result.metrics["ee50_mas"].value is not None
        assert any("too coarse" in reason for reason in result.reasons)


def test_a_cube_is_measured_by_wavelength() -> None:
    waves = np.linspace(1.5, 1.7, 3)
    light = np.array([3e6 * star(float(wave)).image(112, 55.4 + 0.3 * k, 56.2) for k, wave in enumerate(waves)])
    rng = np.random.default_rng(3)
    data = (rng.poisson(light) + rng.normal(0, 5, light.shape)).astype(np.float32)
    header = HEADER | {"CTYPE3": "WAVE", "CUNIT3": "um", "CRVAL3": 1.5, "CRPIX3": 1.0, "CD3_3": 0.1}
    header |= {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
    result = measure_psf([Frame(data, None, None, header)], PsfConfig(flux_radius=200.0, background="none"))
    columns = next(extra.data for extra in result.extensions if extra.name == "SPECTRUM")
    assert isinstance(columns, dict)
    assert np.allclose(columns["wavelength_um"], waves)
    assert np.allclose(columns["strehl"], 1, atol=0.02)
    truth = [star(float(wave)).fwhm_mas for wave in waves]
    assert np.allclose(columns["fwhm_mas"], truth, rtol=0.01)
    assert np.allclose(np.diff(columns["x_pixel"]), 0.3, atol=0.01)
    assert {"Strehl by wavelength", "Centroid by wavelength"} <= {curve.title for curve in result.curves}


def test_an_undersampled_field_gives_an_epsf() -> None:
    rng = np.random.default_rng(8)
    perfect = setting_of(Frame(np.zeros((9, 9), np.float32), None, None, HEADER | {"WAVECEN": 0.9}), PsfConfig())
    ideal = perfect.perfect(300.0)
    assert ideal is not None
    image = np.zeros((400, 400))
    for j in range(4):
        for i in range(4):
            x, y = 60 + 90 * i + rng.uniform(-30, 30), 60 + 90 * j + rng.uniform(-30, 30)
            image += 2e6 * ideal.image(image.shape, x, y)
    result = measure_psf([exposed(image, 1, WAVECEN=0.9)], PsfConfig(flux_radius=120.0))
    assert result.keywords["PSFWAY"][0] == "ePSF"
    assert result.keywords["PSFSAMP"][0] == 4
    assert result.frame is not None
    found = result.frame.data
    middle = found.shape[0] // 2
    axis = (np.arange(found.shape[0]) - middle) / 4
    truth = ideal.at(axis[None, :], axis[:, None])
    truth = truth / truth.sum()
    assert np.abs(found - truth).max() < 0.05 * truth.max()
    single = measure_psf([exposed(2e6 * ideal.image((300, 300), 149.7, 150.2), 2, WAVECEN=0.9)], PsfConfig())
    assert any("undersampled" in reason for reason in single.reasons)


def _empty(**keywords: Any) -> Frame:
    return exposed(np.zeros((200, 200)), 1, **keywords)


def test_bad_input_is_refused_with_a_cure() -> None:
    with pytest.raises(InputError, match="no star") as found:
        measure_psf([_empty()], PsfConfig())
    assert "threshold" in found.value.cure
    with pytest.raises(InputError, match="SCALE") as found:
        measure_psf([_empty(SCALE=None)], PsfConfig())
    assert "pixel_scale_mas" in found.value.cure
    with pytest.raises(InputError, match="wavelength") as found:
        measure_psf([_empty(WAVECEN=None, FILTER="K")], PsfConfig())
    assert "wavelength_um" in found.value.cure
    y, x = np.indices((400, 400))
    grid = np.zeros((400, 400))
    for i in range(9):
        for j in range(9):
            px, py = 40 + 38 * i + 1.5 * j, 40 + 38 * j - 1.5 * i
            grid += 3000 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 2)
    with pytest.raises(InputError, match="pinholes"):
        measure_psf([exposed(grid, 2)], PsfConfig())
    with pytest.raises(InputError, match="No pixel"):
        measure_psf([Frame(np.full((64, 64), np.nan, np.float32), None, None, HEADER | {"WAVECEN": 2.2})], PsfConfig())
