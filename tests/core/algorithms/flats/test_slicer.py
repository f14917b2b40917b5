"""Slicer flats of known pixels: the spectrum taken out, the response left, gaps and bad pixels flagged."""

from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.flats.config import SlicerConfig
from calgui.core.algorithms.flats.slicer import check_slicer_flats, normalize_slicer_flat
from calgui.core.algorithms.registry import Result
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from tests.core.algorithms.flats.light import READ_NOISE, active, night, response

SIZE, HEIGHT, STEP, FIRST = 256, 18, 21, 10
SLICES = len(range(FIRST, SIZE - HEIGHT - 5, STEP))
LEVEL = 20_000.0
PIXELS = response(SIZE)
IFS: dict[str, Any] = {"DETECTOR": "IFS", "FILTER": "Hbb", "GRATING": "H4000", "INSTMODE": "SLICER", "WAVECEN": 1.637}


def spectrum(shift: float = 0.0) -> "np.ndarray[Any, Any]":
    """A lamp through a filter with soft edges and ripples."""
    x = np.arange(SIZE) / SIZE + shift
    edges = 1 / (1 + np.exp(-(x - 0.08) / 0.012)) / (1 + np.exp((x - 0.93) / 0.012))
    return np.asarray(edges * (1 - 1.2 * (x - 0.5) ** 2) * (1 + 0.03 * np.sin(25 * x)))


def slices() -> "np.ndarray[Any, Any]":
    """Slices with gaps; each of other brightness, shifted along the wavelengths, darker at its ends."""
    made = np.zeros((SIZE, SIZE))
    for number, row in enumerate(range(FIRST, SIZE - HEIGHT - 5, STEP)):
        profile = 1 - 0.15 * (np.linspace(-1, 1, HEIGHT)) ** 2
        bright = 1 + 0.1 * np.sin(number)
        made[row : row + HEIGHT] = bright * profile[:, None] * spectrum(0.006 * np.cos(2 * number))
    return made


LIGHT = slices()


def data(result: Result) -> "np.ndarray[Any, Any]":
    assert result.frame is not None
    return result.frame.data


def bits(result: Result) -> "np.ndarray[Any, Any]":
    assert result.frame is not None
    assert result.frame.dq is not None
    return result.frame.dq


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return night(LEVEL * LIGHT * PIXELS, 5, drift=0.02, **IFS)


def limit(count: int = 5, level: float = LEVEL) -> "np.ndarray[Any, Any]":
    """Photon and read noise of so many frames less three, as a part of the value."""
    counts = level * LIGHT.clip(1e-3) * PIXELS.clip(0.1)
    read = 60 + 2 * READ_NOISE**2
    return np.asarray(np.sqrt((counts + read) / count + read / 3) / counts)


def seen(made: Result) -> "np.ndarray[Any, Any]":
    """Good pixels where the light is above half."""
    return active(SIZE) & (bits(made) == 0) & (LIGHT > 0.5)


@pytest.mark.parametrize(("method", "most"), [("clipped-mean", 1.1), ("median", 1.3)])
@pytest.mark.parametrize("count", [5, 9])
def test_the_response_is_left(method: Any, most: float, count: int) -> None:
    """Where the light is above half."""
    frames = night(LEVEL * LIGHT * PIXELS, count, drift=0.02, **IFS)
    made = normalize_slicer_flat(frames, SlicerConfig(method=method))
    good = seen(made)
    assert np.count_nonzero(good) > 0.98 * np.count_nonzero(active(SIZE) & (LIGHT > 0.5))
    wrong = (data(made)[good] / PIXELS[good] - 1) / limit(count)[good]
    assert 1.0 < np.std(wrong) < most
    assert abs(np.mean(data(made)[good]) - 1) < 1e-3
    assert made.verdict == "good", made.reasons
    assert made.metrics["n_slices"].value == SLICES
    assert made.metrics["n_slices_alone"].value == 0


@pytest.mark.parametrize("response", ["common", "slice", "row"])
@pytest.mark.parametrize("level", [5_000.0, 20_000.0, 40_000.0])
def test_what_is_beyond_noise_is_the_count_of_parameters(response: Any, level: float) -> None:
    """The response of pixels is projected onto the model of the spectrum: its scatter x sqrt(parameters / pixels)."""
    frames = night(level * LIGHT * PIXELS, 9, **IFS)
    made = normalize_slicer_flat(frames, SlicerConfig(method="mean", response=response))
    good = seen(made)
    columns, rows, spline = 0.88 * SIZE, SLICES * HEIGHT, 0.88 * SIZE // 6 + 3
    parameters = {
        "common": spline + SLICES * (6 + HEIGHT - 1), "slice": SLICES * (spline + HEIGHT - 1), "row": rows * spline,
    }  # fmt: skip
    part = parameters[response] / (rows * columns)
    scatter, noise = 0.012, np.sqrt(np.mean(limit(9, level)[good] ** 2))
    told = made.metrics["spectrum_error_fraction"].value
    assert told == pytest.approx(np.hypot(scatter, noise) * np.sqrt(part), rel=0.08)
    # the noise of the pixels goes with the spectrum, too: it is less by as much
    wrong = np.std(data(made)[good] / PIXELS[good])
    assert wrong == pytest.approx(np.sqrt(noise**2 * (1 - part) + scatter**2 * part), rel=0.04)


def test_slices_with_spectra_of_their_own_get_them() -> None:
    """Ripples of the lamp at another place in every slice, which no shift brings together."""
    rippled = LIGHT.copy()
    for number, row in enumerate(range(FIRST, SIZE - HEIGHT - 5, STEP)):
        rippled[row : row + HEIGHT] *= 1 + 0.005 * np.sin(np.arange(SIZE) / 6 + number)
    frames = night(LEVEL * rippled * PIXELS, 5, **IFS)
    made, alone = (normalize_slicer_flat(frames, SlicerConfig(response=how)) for how in ("common", "slice"))
    assert made.metrics["n_slices_alone"].value == alone.metrics["n_slices_alone"].value == SLICES
    np.testing.assert_array_equal(data(made), data(alone))


def test_one_slice_may_be_of_another_spectrum() -> None:
    other = LIGHT.copy()
    other[FIRST : FIRST + HEIGHT] *= 1 + 0.01 * np.sin(np.arange(SIZE) / 6)
    made = normalize_slicer_flat(night(LEVEL * other * PIXELS, 5, **IFS), SlicerConfig())
    assert made.metrics["n_slices_alone"].value == 1
    good = seen(made)[FIRST : FIRST + HEIGHT]
    assert np.std((data(made) / PIXELS.clip(0.1))[FIRST : FIRST + HEIGHT][good]) < 1.35 * limit()[seen(made)].mean()


def test_dust_as_broad_as_a_slice_stays_in_the_flat() -> None:
    """Another slice tells the spectrum there; by its own spline it would go with that."""
    y, x = np.mgrid[:SIZE, :SIZE]
    dust = 1 - 0.05 * np.exp(-(((y - 80) ** 2 + (x - 120) ** 2) / 2 / 8**2))
    frames = night(LEVEL * LIGHT * dust * PIXELS, 5, **IFS)
    inside = (dust < 0.98) & (LIGHT > 0.5)
    lost = {}
    for how in ("common", "slice"):
        made = normalize_slicer_flat(frames, SlicerConfig(response=how))
        assert made.verdict == "good", made.reasons
        ratio = (data(made) / PIXELS.clip(0.1))[inside & seen(made)]
        lost[how] = 1 - (1 - np.median(ratio)) / (1 - np.median(dust[inside]))
    assert abs(lost["common"]) < 0.08
    assert lost["slice"] > 0.4


def test_each_row_may_have_a_spectrum_of_its_own(frames: list[Frame]) -> None:
    made = normalize_slicer_flat(frames, SlicerConfig(response="row"))
    good = active(SIZE) & (bits(made) == 0) & (LIGHT > 0.5)
    assert np.std(data(made)[good] / PIXELS[good]) < 0.009
    assert made.metrics["n_rows_apart"].value == made.metrics["n_rows"].value


def test_the_spectrum_is_there_apart(frames: list[Frame]) -> None:
    made = normalize_slicer_flat(frames, SlicerConfig())
    good = active(SIZE) & (bits(made) == 0) & (LIGHT > 0.5)
    ratio = (made.planes["SPECTRUM"] / LIGHT.clip(1e-3))[good]
    assert np.std(ratio) / np.mean(ratio) < 0.005


def test_the_light_along_the_slices_may_stay(frames: list[Frame]) -> None:
    made = normalize_slicer_flat(frames, SlicerConfig(keep_rows=True))
    rows = np.array([np.median(data(made)[row, 60:200]) for row in range(FIRST, FIRST + HEIGHT)])
    expected = LIGHT[FIRST : FIRST + HEIGHT, 128]
    np.testing.assert_allclose(rows / rows.mean(), expected / expected.mean(), atol=0.006)


def test_gaps_have_no_flat_and_are_not_counted_as_bad(frames: list[Frame]) -> None:
    made = normalize_slicer_flat(frames, SlicerConfig())
    none = flags.NO_FLAT_FIELD | flags.DO_NOT_USE
    gap = active(SIZE) & (LIGHT == 0)
    assert (bits(made)[gap] & none == none).all()
    assert np.isnan(data(made)[gap]).all()
    dead = active(SIZE) & (PIXELS == 0) & (LIGHT > 0.5)
    assert (bits(made)[dead] & none == none).all()
    assert made.metrics["n_no_flat"].value == pytest.approx(np.count_nonzero(dead), abs=8)


def test_gaps_that_the_frames_call_no_science_are_not_counted_either() -> None:
    plain = night(LEVEL * LIGHT * PIXELS, 3, **IFS)
    masked = np.where(LIGHT > 0, 0, flags.NON_SCIENCE).astype(np.uint32)
    frames = [Frame(one.data.copy(), None, masked.copy(), one.header, one.path) for one in plain]
    made, usual = (normalize_slicer_flat(some, SlicerConfig()) for some in (frames, plain))
    assert made.metrics["n_no_flat"].value == usual.metrics["n_no_flat"].value > 0


def test_wavelengths_may_lie_along_y(frames: list[Frame]) -> None:
    upright = [
        Frame(np.ascontiguousarray(one.data.T), None, None, {**one.header, "DISPAXIS": 2}, one.path) for one in frames
    ]
    turned, straight = normalize_slicer_flat(upright, SlicerConfig()), normalize_slicer_flat(frames, SlicerConfig())
    np.testing.assert_allclose(data(turned).T, data(straight), rtol=1e-5)
    np.testing.assert_allclose(turned.planes["SPECTRUM"].T, straight.planes["SPECTRUM"], rtol=1e-5)


def test_rows_that_differ_from_their_slice_get_their_own_spectrum() -> None:
    """A slice that is tilted leaves its lowest row on the way."""
    light = LIGHT.copy()
    light[FIRST - 1] = light[FIRST] * np.linspace(1, 0.3, SIZE)
    made = normalize_slicer_flat(night(LEVEL * light * PIXELS, 5, **IFS), SlicerConfig())
    row = slice(40, 215)
    good = bits(made)[FIRST - 1, row] == 0
    assert good.mean() > 0.95
    assert np.std((data(made)[FIRST - 1, row] / PIXELS[FIRST - 1, row])[good]) < 0.015
    assert made.metrics["n_rows_apart"].value >= 1


def test_a_spline_of_too_few_pieces_is_told(frames: list[Frame]) -> None:
    made = normalize_slicer_flat(frames, SlicerConfig(pieces=2))
    assert made.verdict == "doubtful"
    assert "2 pieces does not follow" in made.reasons[0]


def test_a_flat_of_an_imager_is_told(frames: list[Frame]) -> None:
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE - 0.5
    imager = {**IFS, "DETECTOR": "IRIS1", "INSTMODE": "IMAGER"}
    lamp = LEVEL * (1 - 0.3 * (x**2 + y**2)) * PIXELS
    result = normalize_slicer_flat(night(lamp, 5, **imager), SlicerConfig())
    assert result.verdict == "doubtful"
    assert any("no gap between slices" in reason and "normalize-flat" in reason for reason in result.reasons)
    good = normalize_slicer_flat(frames, SlicerConfig())
    assert not any("no gap" in reason for reason in good.reasons)


def test_no_light_and_mixed_detectors_are_refused(frames: list[Frame]) -> None:
    other = Frame(frames[0].data, None, None, {**frames[0].header, "DETECTOR": "IRIS1"}, frames[0].path)
    with pytest.raises(InputError, match="DETECTOR"):
        check_slicer_flats([other, *frames[1:]])
    dark = [Frame(one.data * 0 + 0.01 * one.data, None, None, one.header, one.path) for one in frames[5:]]
    for one, lit in zip(dark, frames, strict=False):
        assert one.shape == lit.shape
    lit = [Frame(one.data, None, None, {**one.header, "LAMP": "WHITE"}, one.path) for one in frames[5:]]
    with pytest.raises((InputError, AlgorithmError), match="light"):
        normalize_slicer_flat([*lit[:2], frames[7]], SlicerConfig())
