"""The pixels of the demo night against its truth, measured with numpy alone."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from calgui.core.simulate import DemoNight

Array = npt.NDArray[np.float64]
_CDS = np.sqrt(2) * 9.0  # e-, a difference of two reads


def sci(night: DemoNight, name: str) -> Array:
    return np.asarray(fits.getdata(night.raw / name, "SCI"), np.float64)


def spread(values: Array) -> float:
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


@pytest.fixture(scope="module")
def darks(demo_night: DemoNight, truth: dict[str, Any]) -> Array:
    return np.stack([sci(demo_night, name) for name in truth["kinds"]["dark"]["good"]])


@pytest.fixture(scope="module")
def plain(truth: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """Pixels that are neither hot nor dead nor reference pixels."""
    good = np.zeros((256, 256), bool)
    good[4:-4, 4:-4] = True
    for x, y, *_ in truth["detectors"]["IRIS1"]["hot"] + truth["detectors"]["IRIS1"]["dead"]:
        good[y, x] = False
    return good


def test_nine_darks_have_the_dark_current_that_was_put_in(darks: Array, plain: npt.NDArray[np.bool_]) -> None:
    assert darks.shape == (9, 256, 256)
    # offsets of amplifiers and rows leave about 0.002 e-/s in the mean of nine frames
    assert np.median(darks.mean(axis=0)[plain]) == pytest.approx(0.025, abs=0.004)


def test_read_noise_is_that_of_two_reads(darks: Array, plain: npt.NDArray[np.bool_]) -> None:
    sigma = spread((darks[0] - darks[1])[plain]) / np.sqrt(2) * 100.0
    # with the noise of rows (1.5 e- a read) and the photons of 2.5 e-
    assert sigma == pytest.approx(np.sqrt(_CDS**2 + 2 * 1.5**2 + 2.5), rel=0.02)


def test_rows_have_noise_of_their_own(darks: Array) -> None:
    rows = np.median(darks[0][4:-4, 4:-4], axis=1) * 100.0
    white = 1.2533 * _CDS / np.sqrt(248)
    assert rows.std() == pytest.approx(np.sqrt(white**2 + 2 * 1.5**2), rel=0.3)
    lag = np.corrcoef(rows[:-1], rows[1:])[0, 1]
    assert lag > 0.2  # white rows would have 0.0 +- 0.06


def test_hot_pixels_are_where_and_as_hot_as_the_truth_says(darks: Array, truth: dict[str, Any]) -> None:
    x, y, excess = np.array(truth["detectors"]["IRIS1"]["hot"]).T
    assert x.size == pytest.approx(0.004 * 248**2, abs=1)
    seen = np.median(darks, axis=0)[y.astype(int), x.astype(int)]
    error = np.sqrt((_CDS**2 + (excess + 0.025) * 100) / 9) / 100 * 1.25
    assert np.abs((seen - excess - 0.025) / error).max() < 5
    assert excess.min() < 0.15
    assert excess.max() > 30


def test_nothing_else_is_hot(darks: Array, truth: dict[str, Any]) -> None:
    master = np.median(darks, axis=0)
    found = master > np.median(master) + 7 * spread(master[4:-4, 4:-4])
    hot = np.zeros_like(found)
    for x, y, _ in truth["detectors"]["IRIS1"]["hot"]:
        hot[y, x] = True
    assert found.sum() > 100
    assert not (found & ~hot).any()


def test_reference_pixels_see_nothing(demo_night: DemoNight) -> None:
    flat = sci(demo_night, "iris_20260311_flat_0001.fits")
    border = np.ones(flat.shape, bool)
    border[4:-4, 4:-4] = False
    assert np.abs(flat[border]).max() < 6 * _CDS / 10.0
    assert np.median(flat[~border]) > 1500


def test_cosmic_rays_are_where_the_truth_says(demo_night: DemoNight, truth: dict[str, Any], darks: Array) -> None:
    clean = np.median(darks, axis=0)
    count = 0
    for name, frame in zip(truth["kinds"]["dark"]["good"], darks, strict=True):
        for hit in truth["frames"][name]["cosmic_rays"]:
            for x, y, electrons in hit["pixels"]:
                seen = (frame[y, x] - clean[y, x]) * 100
                noise = np.sqrt(_CDS**2 + 2 * max(clean[y, x], 0.03) * 100 + 9)
                assert abs(seen - electrons) < 6 * noise
                count += 1
    assert count > 20  # 0.1 hits per cm² and second on 0.15 cm² for 900 s, several pixels each


def test_the_light_leak_stands_out_among_its_set(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    dark = truth["kinds"]["dark"]
    medians = {name: np.median(sci(demo_night, name)[4:-4, 4:-4]) for name in dark["old"]}
    odd = medians.pop(dark["odd_one_out"])
    assert odd > max(medians.values()) + 10 * np.std(list(medians.values()))
    assert not set(dark["old"]) & set(dark["good"])


def test_the_flat_has_vignetting_and_response(demo_night: DemoNight, plain: npt.NDArray[np.bool_]) -> None:
    lamps = [sci(demo_night, f"iris_20260311_flat_{n:04d}.fits") for n in (1, 2, 3)]
    flat = np.median(lamps, axis=0) - sci(demo_night, "iris_20260311_flat_0006.fits")
    axis = np.linspace(-1, 1, 256)
    light = 1 - 0.06 * ((axis[:, None] - 0.1) ** 2 + axis[None, :] ** 2)
    ratio = flat / (2000.0 * light)
    assert np.median(ratio[plain]) == pytest.approx(1.0, abs=0.01)
    corner, middle = ratio[8:40, 8:40], ratio[112:144, 112:144]
    assert np.median(corner) == pytest.approx(np.median(middle), abs=0.02)
    assert spread(ratio[plain]) == pytest.approx(0.014, abs=0.004)  # response and photons, and dust


def test_dead_pixels_are_dead(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    name = "iris_20260311_flat_0002.fits"
    flat = sci(demo_night, name)
    hit = {(x, y) for ray in truth["frames"][name]["cosmic_rays"] for x, y, _ in ray["pixels"]}
    dead = [(x, y) for x, y in truth["detectors"]["IRIS1"]["dead"] if (x, y) not in hit]
    assert len(dead) > 30
    assert max(abs(flat[y, x]) for x, y in dead) < 6 * _CDS / 10.0


def test_two_reference_darks_differ_by_the_young_hot_pixels(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    folder = demo_night.cache / "references" / "tmt" / "iris"
    old, new = (fits.open(folder / f"tmt_iris_dark_{n:04d}.fits") for n in (1, 4))
    with old, new:
        pull = (old["SCI"].data - new["SCI"].data) / np.hypot(old["ERR"].data, new["ERR"].data)
    assert spread(pull.astype(float)) == pytest.approx(1.0, abs=0.03)
    count = truth["kinds"]["dark"]["young_hot_pixels"]
    young = {(x, y) for x, y, excess in truth["detectors"]["IRIS1"]["hot"][:count] if excess > 1.0}
    seen = {(int(x), int(y)) for y, x in np.argwhere(pull < -7)}
    assert young <= seen
    assert len(seen) <= count


def test_the_reference_flat_is_the_truth_within_its_error(demo_night: DemoNight) -> None:
    folder = demo_night.cache / "references" / "tmt" / "iris"
    old, new = (fits.open(folder / f"tmt_iris_flat_{n:04d}.fits") for n in (1, 5))
    with old, new:
        good = (old["DQ"].data | new["DQ"].data) == 0
        difference = (old["SCI"].data - new["SCI"].data)[good] / np.hypot(old["ERR"].data, new["ERR"].data)[good]
        assert np.median(new["SCI"].data[good]) == pytest.approx(1.0, abs=1e-3)
    assert good.mean() > 0.9
    assert spread(difference.astype(float)) == pytest.approx(1.0, abs=0.03)


def test_stars_are_where_and_as_bright_as_the_truth_says(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    science = truth["kinds"]["science"]
    frame = sci(demo_night, "iris_20260311_image_0002.fits")
    dx, dy = truth["frames"]["iris_20260311_image_0002.fits"]["dither_pixel"]
    x, y, _, flux = science["stars"][0]
    x, y = x + dx, y + dy
    row, column = round(y), round(x)
    cut = frame[row - 6 : row + 7, column - 6 : column + 7]
    cut = cut - np.median(frame[4:-4, 4:-4])
    py, px = np.mgrid[row - 6 : row + 7, column - 6 : column + 7]
    assert (cut * px).sum() / cut.sum() == pytest.approx(x, abs=0.3)
    assert (cut * py).sum() / cut.sum() == pytest.approx(y, abs=0.3)
    # the core holds its part of the light; some of the halo and the vignetting come on top
    assert cut.sum() / flux == pytest.approx(science["strehl"]["K"], abs=0.12)


def test_the_wcs_follows_the_dither_and_the_subarray(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    x, y, *_ = truth["kinds"]["science"]["stars"][0]
    places = []
    for number in (1, 2, 7):
        path = demo_night.raw / f"iris_20260311_image_{number:04d}.fits"
        header = fits.getheader(path)
        dx, dy = truth["frames"][path.name]["dither_pixel"]
        sky = WCS(fits.getheader(path, "SCI")).pixel_to_world(
            x + dx - header["SUBSTRT1"] + 1, y + dy - header["SUBSTRT2"] + 1
        )
        places.append(sky)
    assert places[0].separation(places[1]).mas < 0.1
    assert places[0].separation(places[2]).mas < 0.1


def test_pinholes_are_distorted_as_the_truth_says(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    pinhole = truth["kinds"]["pinhole"]
    with fits.open(demo_night.cache / "references/tmt/iris/tmt_iris_distortion_0001.fits") as hdus:
        table = hdus["PINHOLES"].data
        header = hdus["DISTORTION"].header
    assert len(table) == pinhole["n_pinholes"]
    scale, half = pinhole["measured_minus_ideal"]["scale"], 255 / 2
    u, v = table["x_ideal"] / half - 1, table["y_ideal"] / half - 1
    terms = pinhole["measured_minus_ideal"]["x"].items()
    dx = sum(value * u ** int(key[0]) * v ** int(key[2]) for key, value in terms) * scale
    np.testing.assert_allclose(table["x"] - table["x_ideal"], dx, atol=1e-9)
    # where the mask of the truth is seen in each exposure
    holes, mask = np.array(pinhole["mask"]["holes"]), pinhole["mask"]
    for name in pinhole["files"]:
        note = truth["frames"][name]
        turn = np.exp(1j * np.radians(note["mask_rotation_deg"]))
        hole = pinhole["pitch_pixel"] * (holes[:, :2] + mask["offset"]) + holes[:, 2:]
        seen = (hole[:, 0] + 1j * hole[:, 1]) * turn + complex(*note["mask_shift_pixel"]) + half * (1 + 1j)
        ideal = np.stack([seen.real, seen.imag])
        bent = [
            sum(
                v * (ideal[0] / half - 1) ** int(key[0]) * (ideal[1] / half - 1) ** int(key[2])
                for key, v in terms.items()
            )
            for terms in (pinhole["measured_minus_ideal"][axis] for axis in "xy")
        ]
        places = ideal + scale * np.array(bent)
        inside = ((places > 12) & (places < 255 - 12)).all(axis=0)
        frame = sci(demo_night, name)
        errors = []
        for x, y in places[:, inside].T:
            row, column = round(y), round(x)
            cut = frame[row - 4 : row + 5, column - 4 : column + 5]
            errors.append((cut * np.arange(column - 4, column + 5)).sum() / cut.sum() - x)
        assert spread(np.array(errors)) < 0.1
    # measured to ideal by the SIP of the reference, evaluated from its keywords
    p, q = table["x"] - (header["CRPIX1"] - 1), table["y"] - (header["CRPIX2"] - 1)
    f = sum(header.get(f"A_{i}_{j}", 0.0) * p**i * q**j for i in range(4) for j in range(4))
    np.testing.assert_allclose(table["x"] + f, table["x_ideal"], atol=0.02)


def test_arc_lines_fall_where_their_wavelengths_say(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    arc = truth["kinds"]["arc"]
    frame = sci(demo_night, arc["file"])
    bright = [line for line in arc["lines"] if line["species"] == "Kr" and line["rate_e_per_s"] > 4000]
    assert {line["wavelength_um"] for line in bright} == {1.67897178, 1.68581016}
    with fits.open(demo_night.cache / "references/tmt/iris/tmt_iris_wavecal_0001.fits") as hdus:
        waves = hdus["WAVELENGTH"].data.astype(float)
    errors = []
    for index, trace in enumerate(arc["traces"]):
        for line in bright:
            x = np.interp(line["wavelength_um"], waves[index], np.arange(256))
            row = round(np.polynomial.polynomial.polyval(2 * x / 255 - 1, trace["row"]))
            column = round(x)
            cut = frame[row - 3 : row + 4, column - 2 : column + 3].sum(axis=0)
            errors.append((cut * np.arange(column - 2, column + 3)).sum() / cut.sum() - x)
    assert len(errors) > 30
    assert abs(np.median(errors)) < 0.05


def test_the_dark_ramp_has_bias_slope_and_noise(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    with fits.open(demo_night.raw / "iris_20260311_darkramp_0001.fits") as hdus:
        ramp, pixeldq, groupdq = (hdus[name].data for name in ("SCI", "PIXELDQ", "GROUPDQ"))
        group_time, gain = hdus[0].header["TGROUP"], hdus[0].header["GAIN"]
    assert ramp.shape == groupdq.shape == (1, 8, 256, 256)
    assert pixeldq.shape == (256, 256)
    assert (pixeldq[0] == 2**31).all()
    assert not pixeldq[4:-4, 4:-4].any()
    steps = np.diff(ramp[0].astype(float), axis=0) * gain
    sigma = spread(steps[:, 4:-4, 4:-4].ravel())
    assert sigma == pytest.approx(np.sqrt(_CDS**2 + 2 * 1.5**2), rel=0.03)
    channels = np.median(ramp[0, 0].reshape(256, 4, 64), axis=(0, 2))
    assert channels.std() > 20
    x, y, excess = max(truth["detectors"]["IRIS1"]["hot"], key=lambda pixel: pixel[2] if pixel[2] < 60 else 0)
    slope = np.polyfit(np.arange(8) * group_time, ramp[0, :, y, x] * gain, 1)[0]
    assert slope == pytest.approx(excess, rel=0.1)
