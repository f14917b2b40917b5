"""The sky of cubes, held to light that was made line by line: shift, scales, noise that is left, objects that stay."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from calgui.core.algorithms.cubesky import CubeSkyConfig, subtract_cube_sky
from calgui.core.algorithms.registry import Result
from calgui.core.frames import dq
from calgui.core.frames.frame import Frame
from tests.core.algorithms.cubesky.skycubes import SkyOf

Floats = npt.NDArray[np.float64]
H_FAMILIES = {"4-2": 1.2, "5-3": 0.8}


def value(result: Result, name: str) -> float:
    found = result.metrics[name].value
    assert isinstance(found, float | int), (name, found)
    return float(found)


def subtract(science: Frame, sky: Frame, **options: Any) -> Result:
    return subtract_cube_sky(science, sky, CubeSkyConfig(**options))


@pytest.mark.parametrize("shift", [-0.1, 0.02, 0.1])
@pytest.mark.parametrize("brightest", [2e3, 2e4, 1e5])
def test_lines_leave_their_noise_with_shift_and_families_of_their_own(shift: float, brightest: float) -> None:
    """The contract: 1.3 times sqrt(var_science + scale² var_sky) at most, shifts to 0.1 pixel, families ±20 %."""
    before = SkyOf(brightest=brightest)
    result = subtract(before.changed(shift=shift, families=H_FAMILIES, level=120).frame(1), before.frame(2))
    assert result.verdict == "good", result.reasons
    error = value(result, "shift_error_pixel")
    assert value(result, "shift_pixel") == pytest.approx(shift, abs=max(0.003, 4 * error))
    for name, factor in H_FAMILIES.items():
        key = f"scale_{name.replace('-', '_')}"
        assert value(result, key) == pytest.approx(factor, abs=max(0.005, 4 * value(result, f"{key}_error")))
        assert value(result, f"ratio_{name.replace('-', '_')}") < 1.3
    assert value(result, "residual_ratio") < 1.1
    assert value(result, "residual_ratio_before") > 2
    # the noise is that of the values themselves, all over the cube
    assert result.frame is not None
    assert result.frame.err is not None
    pulls = result.frame.data / result.frame.err
    assert pulls.std() == pytest.approx(1, abs=0.06)
    assert abs(pulls.mean()) < 0.05


BANDS = {
    "Z": SkyOf(first=840, step=0.1, planes=1000, sigma=0.9, level=20, brightest=1e4),
    "J": SkyOf(first=1166, step=0.13, planes=1260, sigma=0.9),
    "Hbb": SkyOf(first=1474, step=0.163, planes=2000, sigma=0.9, ny=8),
    "K": SkyOf(first=1990, step=0.22, planes=1900, sigma=0.9, ny=8, thermal=5000, kelvin=280, level=50),
}


@pytest.mark.parametrize("band", BANDS)
def test_every_family_of_a_whole_band_is_found(band: str) -> None:
    before = BANDS[band]
    chance = np.random.default_rng(7)
    names = ["2-0", "3-1", "4-2", "5-3", "6-4", "7-5", "8-6", "9-7", "5-2", "6-3", "7-4", "8-5", "6-2", "7-3", "8-4"]
    families = {name: float(chance.uniform(0.8, 1.2)) for name in [*names, "O2"]}
    after = before.changed(shift=-0.08, families=families, thermal=1.25 * before.thermal, kelvin=275)
    result = subtract(after.frame(3), before.frame(4))
    assert result.verdict == "good", result.reasons
    assert value(result, "residual_ratio") < 1.1
    assert value(result, "shift_pixel") == pytest.approx(-0.08, abs=0.004)
    found = [name for name in result.metrics if name.startswith("scale_") and not name.endswith("error")]
    assert len(found) >= 3
    for name in found:
        factor = families.get(name.removeprefix("scale_").replace("_", "-").replace("o2", "O2"), 1.0)
        error = value(result, f"{name}_error")
        assert value(result, name) == pytest.approx(factor, abs=max(0.012, 4 * error)), name


def test_thermal_light_that_changed_is_taken_off_as_it_is() -> None:
    before = SkyOf(first=2300, step=0.25, planes=400, thermal=8000, kelvin=278, level=50)
    after = before.changed(thermal=9500, kelvin=283, families={"9-7": 1.1})
    science = after.frame(5)
    result = subtract(science, before.frame(6))
    assert result.frame is not None
    mean = result.frame.data.mean(axis=(1, 2))
    noise = np.sqrt(2 * science.data.mean() / 256)
    assert np.abs(np.convolve(mean, np.ones(20) / 20, mode="valid")).max() < 2.5 * noise / np.sqrt(20) * 2
    told = np.median(after.light()[:, 0, 0] - after.lines()[:, 0] - before.light()[:, 0, 0] + before.lines()[:, 0])
    assert value(result, "continuum_change") == pytest.approx(told, rel=0.02)


def galaxy(sky: SkyOf, wavelength: float, flux: float, radius: float, continuum: float) -> Floats:
    """An exponential disc that emits one line, over a Gaussian continuum."""
    y, x = np.mgrid[: sky.ny, : sky.nx]
    r = np.hypot(x - sky.nx / 2, y - sky.ny / 2)
    place = (wavelength - sky.first) / sky.step
    line = np.exp(-0.5 * ((np.arange(sky.planes) - place) / 1.4) ** 2) / (1.4 * np.sqrt(2 * np.pi))
    made = flux * np.exp(-r / radius) * line[:, None, None] + continuum * np.exp(-0.5 * (r / radius) ** 2)
    return np.asarray(made)


@pytest.mark.parametrize("wavelength", [1614.5, 1623.536, 1612.861], ids=["gap", "P1(4.5)", "P1(3.5)"])
def test_an_object_keeps_its_line_even_on_a_line_of_the_sky(wavelength: float) -> None:
    before = SkyOf(nx=32, ny=32)
    light = galaxy(before, wavelength, 8000, 4, 60)
    after = before.changed(shift=0.07, families={"4-2": 1.15, "5-3": 0.85})
    result = subtract(after.frame(7, light), before.frame(8))
    assert result.frame is not None
    assert result.frame.err is not None
    assert value(result, "scale_4_2") == pytest.approx(1.15, abs=0.006)
    assert value(result, "residual_ratio") < 1.3
    bright = light.max(axis=0) > 0.3 * light.max()
    plane = round((wavelength - before.first) / before.step)
    near = slice(plane - 8, plane + 9)
    kept = result.frame.data[near][:, bright].sum() / light[near][:, bright].sum()
    noise = float(np.sqrt(np.square(result.frame.err[near][:, bright]).sum()) / light[near][:, bright].sum())
    assert kept == pytest.approx(1, abs=0.03 + 3 * noise)
    assert abs((result.frame.data - light).mean() / result.frame.err.mean()) < 0.1


def test_an_object_over_the_whole_field_is_not_eaten_and_is_told() -> None:
    before = SkyOf(nx=32, ny=32)
    light = galaxy(before, 1614.5, 3000, 14, 300)
    result = subtract(before.changed(shift=0.07, families=H_FAMILIES).frame(9, light), before.frame(10))
    assert result.verdict != "good"
    assert any("free of objects" in reason for reason in result.reasons)
    assert value(result, "scale_4_2") == pytest.approx(1.2, abs=0.01)
    assert result.frame is not None
    assert result.frame.data.sum() == pytest.approx(light.sum(), rel=0.02)


def test_a_shift_that_runs_over_the_field_is_followed() -> None:
    before = SkyOf(nx=40, ny=24, brightest=1e5)
    science, sky = before.changed(shift=0.05, shift_across=0.06).frame(11), before.frame(12)
    result = subtract(science, sky)
    assert value(result, "shift_across_pixel") == pytest.approx(0.06, abs=0.005)
    assert value(result, "residual_ratio") < 1.1
    assert result.keywords["SKYSHIFX"][0] == pytest.approx(0.06, abs=0.005)
    one = subtract(science, sky, shift_field=False)
    assert value(one, "residual_ratio") > 1.5
    assert "SKYSHIFX" not in one.keywords


def test_without_the_shift_or_the_families_much_more_is_left() -> None:
    before = SkyOf(brightest=1e5)
    science, sky = before.changed(shift=0.1, families=H_FAMILIES).frame(13), before.frame(14)
    assert value(subtract(science, sky), "residual_ratio") < 1.1
    still = subtract(science, sky, fit_shift=False)
    assert value(still, "residual_ratio") > 5
    assert still.verdict == "bad"
    single = subtract(science, sky, families=False)
    assert value(single, "residual_ratio") > 5
    assert not any(name.startswith("scale_4") for name in single.metrics)


def test_other_wavelengths_are_resampled() -> None:
    sky = SkyOf(nx=20, ny=20)
    science = sky.changed(shift=0.07, families=H_FAMILIES).frame(15)
    other = sky.changed(first=sky.first - 1, step=0.21, planes=310, sigma=0.85 * 0.2 / 0.21)
    result = subtract(science, other.frame(16))
    assert value(result, "residual_ratio") < 1.1
    assert value(result, "shift_pixel") * 0.21 == pytest.approx(0.07 * 0.2, abs=0.002)
    short = subtract(science, sky.changed(planes=240).frame(16))
    assert short.verdict == "doubtful"
    assert short.frame is not None
    assert short.frame.dq is not None
    assert np.isnan(short.frame.data[240:]).all()
    assert np.all(short.frame.dq[240:] & dq.DO_NOT_USE)
    assert np.isfinite(short.frame.data[:240]).all()


def test_a_spectrum_serves_as_sky() -> None:
    sky = SkyOf(nx=20, ny=20)
    science, cube = sky.changed(shift=0.07, families=H_FAMILIES).frame(17), sky.frame(18)
    header = {key: card for key, card in sky.header().items() if key[-1] != "3" and not key.startswith("CTYPE")}
    header |= {"CTYPE1": "WAVE", "CUNIT1": "nm", "CRVAL1": sky.first, "CRPIX1": 1.0, "CD1_1": sky.step}
    spectrum = Frame(cube.data.mean(axis=(1, 2)), None, None, header)
    small = Frame(*(plane[:, :5, :5].copy() for plane in (cube.data, cube.err, cube.dq)), cube.header)  # type: ignore[index, arg-type]
    for one, options in ((spectrum, {}), (small, {}), (cube, {"cube_sky": "spectrum"})):
        result = subtract(science, one, **options)
        assert value(result, "residual_ratio") < 1.1
        assert value(result, "scale_5_3") == pytest.approx(0.8, abs=0.01)


def test_bad_values_stay_where_they_are() -> None:
    before = SkyOf(nx=20, ny=20)
    science, sky = before.changed(shift=0.08, families=H_FAMILIES).frame(19), before.frame(20)

    def spoilt(frame: Frame, seed: int) -> tuple[Frame, Any]:
        assert frame.dq is not None
        hit = np.random.default_rng(seed).random(frame.shape) < 0.01
        data = np.where(hit, 1e6, frame.data).astype(np.float32)
        data[:, 3, 4] = np.nan
        return Frame(
            data, frame.err, np.where(hit, dq.DO_NOT_USE | dq.JUMP_DET, 0).astype(np.uint32), frame.header
        ), hit

    (one, ours), (other, theirs) = spoilt(science, 1), spoilt(sky, 2)
    result = subtract(one, other)
    assert result.frame is not None
    assert result.frame.dq is not None
    assert result.frame.err is not None
    flagged = (result.frame.dq & dq.DO_NOT_USE) != 0
    lost = ours | theirs
    lost[:, 3, 4] = True
    assert np.array_equal(flagged, lost)
    assert np.all(result.frame.dq[ours | theirs] & dq.JUMP_DET)
    pulls = (result.frame.data / result.frame.err)[~flagged]
    assert pulls.std() == pytest.approx(1, abs=0.05)
    assert value(result, "residual_ratio") < 1.1


def test_rotational_temperature_is_followed_on_request() -> None:
    before = SkyOf(brightest=1e5)
    # lines of high rotational energy are brighter by 15 % for each kT
    science = _warmed(before.changed(shift=0.05), 0.15).frame(21)
    plain, followed = subtract(science, before.frame(22)), subtract(science, before.frame(22), rotational=True)
    assert value(plain, "residual_ratio") > 1.5
    assert value(followed, "residual_ratio") < 0.75 * value(plain, "residual_ratio")
    assert value(followed, "rotational_change") == pytest.approx(0.15, abs=0.05)


def _warmed(sky: SkyOf, change: float) -> SkyOf:
    from scipy.special import ndtr

    from calgui.core.spectra.airglow import sky_lines

    class Warm(SkyOf):
        def lines(self) -> Floats:
            known = sky_lines().within(self.first - 3, self.first + self.step * self.planes + 3)
            strength = known.intensity * np.random.default_rng(5).lognormal(0, self.unlike, len(known.intensity))
            strength = strength / strength.max() * self.brightest * (1 + change * (known.rotational / 132.1 - 1))
            edges = np.arange(self.planes + 1) - 0.5
            made = np.zeros((self.planes, 1))
            for wave, light in zip(known.wavelength, strength, strict=True):
                place = (wave - self.first) / self.step + self.shift
                made += light * np.diff(ndtr((edges[:, None] - place) / self.sigma), axis=0)
            return np.broadcast_to(made, (self.planes, self.nx))

    return Warm(**vars(sky))


def test_inputs_are_not_changed() -> None:
    sky = SkyOf()
    science, other = sky.changed(shift=0.05).frame(23), sky.frame(24)
    copies = [plane.copy() for plane in (science.data, science.err, science.dq, other.data) if plane is not None]
    subtract(science, other)
    now = [plane for plane in (science.data, science.err, science.dq, other.data) if plane is not None]
    assert all(np.array_equal(one, two) for one, two in zip(copies, now, strict=True))


def test_diagnostics_tell_by_wavelength_and_by_family() -> None:
    sky = SkyOf()
    result = subtract(sky.changed(shift=0.05, families=H_FAMILIES).frame(25), sky.frame(26))
    families, lines = result.tables
    assert [row[0] for row in families.rows] == ["4-2", "5-3"]
    assert all(row[6] < 1.3 < row[7] for row in families.rows)
    assert {row[1] for row in lines.rows} == {"4-2", "5-3"}
    assert any(row[2] == "P1(3.5)" for row in lines.rows)
    by_family, by_wavelength = result.curves[:2]
    assert {"4-2", "5-3"} <= set(by_family.lines)
    x, y = by_wavelength.lines["after"]
    assert len(x) == len(y) == 300
    assert set(by_wavelength.lines) == {"after", "before", "expected noise"}
    assert result.keywords["S_BKDSUB"][0] == "COMPLETE"
    assert result.keywords["SKY_4_2"][0] == pytest.approx(1.2, abs=0.01)


def test_units_of_tiny_numbers_give_the_same() -> None:
    sky = SkyOf(nx=12, ny=12)
    science, other = sky.changed(shift=0.07, families=H_FAMILIES).frame(27), sky.frame(28)
    usual = subtract(science, other)

    def small(frame: Frame) -> Frame:
        assert frame.err is not None
        tiny = np.float32(1e-20)
        return Frame(frame.data * tiny, frame.err * tiny, frame.dq, dict(frame.header) | {"BUNIT": "erg/s/cm2/A"})

    result = subtract(small(science), small(other))
    assert value(result, "scale_4_2") == pytest.approx(value(usual, "scale_4_2"), abs=1e-4)
    assert value(result, "residual_rms") == pytest.approx(1e-20 * value(usual, "residual_rms"), rel=1e-3)
    assert value(result, "continuum") == pytest.approx(1e-20 * value(usual, "continuum"), rel=1e-3)
    assert result.frame is not None
    assert usual.frame is not None
    assert usual.frame.err is not None
    assert np.abs(result.frame.data * 1e20 - usual.frame.data).max() < 0.01 * usual.frame.err.min()


def test_planes_without_sky_are_nan_and_flagged() -> None:
    before = SkyOf(nx=12, ny=12)
    science, sky = before.changed(shift=0.05).frame(29), before.frame(30)
    data = sky.data.copy()
    data[100:110] = np.nan
    data[50, 6, 7] = np.nan
    result = subtract(science, Frame(data, sky.err, sky.dq, sky.header))
    assert result.frame is not None
    assert result.frame.dq is not None
    assert np.isnan(result.frame.data[100:110]).all()
    assert np.isfinite(result.frame.data[:100]).all()
    lost = np.zeros(result.frame.shape, np.bool_)
    lost[100:110] = lost[50, 6, 7] = True
    assert np.array_equal((result.frame.dq & dq.DO_NOT_USE) != 0, lost)


def test_a_few_spaxels_are_enough() -> None:
    sky = SkyOf(nx=2, ny=2)
    result = subtract(sky.changed(shift=0.07, families=H_FAMILIES).frame(31), sky.frame(32))
    assert value(result, "shift_pixel") == pytest.approx(0.07, abs=0.01)
    assert value(result, "residual_ratio") < 1.2
