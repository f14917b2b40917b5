"""Flats of the demo night, made and divided by on the command line, held to the truth that was put in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.frames import dq
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds.flat import true_flat
from calgui.core.simulate.kinds.mosaic import EFFICIENCY, slicer_light
from calgui.core.simulate.optics import vignetting
from calgui.core.simulate.scene import IMAGER, SPECTROGRAPH, Scene
from tests.cli.nights import ACTIVE, exposures, run

NIGHT = "iris_20260311"
NO_FLAT = dq.NO_FLAT_FIELD | dq.DO_NOT_USE


def raw(night: DemoNight, *names: str) -> list[Path]:
    return [night.raw / name for name in names]


def numbered(kind: str, *numbers: int) -> list[str]:
    return [f"{NIGHT}_{kind}_{number:04d}.fits" for number in numbers]


def struck(truth: Mapping[str, Any], names: list[str], shape: tuple[int, ...]) -> "np.ndarray[Any, Any]":
    """Pixels that a cosmic ray hit in any of some frames."""
    made = np.zeros(shape, bool)
    for name in names:
        for hit in truth["frames"][name]["cosmic_rays"]:
            for x, y, _electrons in hit["pixels"]:
                made[y, x] = True
    return made


@pytest.fixture(scope="module")
def made_k(demo_night: DemoNight, folder: Path, truth: Mapping[str, Any]) -> tuple[Path, dict[str, Any]]:
    """The flat in K: three lamp-on frames, and the lamp-off frame among them."""
    kind, out = truth["kinds"]["flat"], folder / "flat_k.fits"
    names = [*kind["lamp_on"][:3], *kind["lamp_off"]]
    return out, run("normalize-flat", *raw(demo_night, *names), "--cache", demo_night.cache, "-o", out)


def test_the_flat_in_k_is_the_true_one(
    made_k: tuple[Path, dict[str, Any]], scene: Scene, truth: Mapping[str, Any]
) -> None:
    path, document = made_k
    assert document["verdict"] == "good", document["reasons"]
    metrics = document["metrics"]
    true = true_flat(scene, scene.detector(IMAGER))
    with fits.open(path) as hdus:
        flat, err, bits = (hdus[name].data for name in ("SCI", "ERR", "DQ"))
        header = hdus[0].header
    names = [*truth["kinds"]["flat"]["lamp_on"][:3], *truth["kinds"]["flat"]["lamp_off"]]
    good = ((bits & dq.DO_NOT_USE) == 0) & ~struck(truth, names, flat.shape)
    wrong = (flat - true)[good] / metrics["noise_limit_fraction"]
    assert np.std(wrong) < 1.3
    assert np.median(wrong) == pytest.approx(0, abs=0.05)
    assert np.mean(err[good]) / np.std((flat - true)[good]) == pytest.approx(1, abs=0.06)
    seconds, rate = 10.0, truth["kinds"]["flat"]["lamp_rate_e_per_s"]["K"]
    assert metrics["median_before"] == pytest.approx(rate * np.median(vignetting(scene.size)), rel=0.01)
    assert metrics["frame_electrons_e"] == pytest.approx(metrics["median_before"] * seconds, rel=0.01)
    dead = {(y, x) for x, y in truth["detectors"][IMAGER]["dead"]}
    none = (bits[ACTIVE] & dq.NO_FLAT_FIELD) != 0
    assert {(y + 4, x + 4) for y, x in np.argwhere(none).tolist()} == dead
    assert header["REFTYPE"] == "FLAT"
    assert (header["S_DARK"], header["UNLIT"], header["NCOMBINE"], header["LAMP"]) == (
        "COMPLETE",
        "lamp-off",
        3,
        "WHITE",
    )
    assert header["FILTER"] == "K"


def test_it_is_compared_with_the_flat_in_use(made_k: tuple[Path, dict[str, Any]]) -> None:
    comparison = made_k[1]["comparison"]
    assert comparison["status"] == "compared"
    assert comparison["file"] == "tmt_iris_flat_0005.fits"
    assert comparison["metrics"]["level_ratio"] == pytest.approx(1, abs=2e-3)
    assert comparison["metrics"]["n_new_no_flat"] == comparison["metrics"]["n_vanished_no_flat"] == 0


@pytest.mark.parametrize("source", ["made", "selected"])
def test_a_flat_divided_by_a_flat_is_flat(
    demo_night: DemoNight, made_k: tuple[Path, dict[str, Any]], folder: Path, scene: Scene, source: str
) -> None:
    """A frame of the lamp, of which the glow is a small part, loses all structure but its noise."""
    out = folder / f"divided-{source}.fits"
    (path,) = exposures(demo_night, "flat", 2)
    using = ("--reference", f"FLAT={made_k[0]}") if source == "made" else ("--cache", demo_night.cache)
    document = run("flat-field", path, *using, "-o", out)
    assert document["verdict"] == "good", document["reasons"]
    with fits.open(out) as hdus, fits.open(path) as before:
        good = (hdus["DQ"].data & dq.DO_NOT_USE) == 0
        divided, raw_frame = hdus["SCI"].data[good], before["SCI"].data[good]
        assert hdus[0].header["S_FLAT"] == "COMPLETE"
        assert hdus[0].header["R_FLAT"].endswith(made_k[0].name if source == "made" else "tmt_iris_flat_0005.fits")
    photon = np.sqrt(20_000 * 0.96) / 10

    def scatter(values: "np.ndarray[Any, Any]") -> float:
        return float(1.4826 * np.median(np.abs(values - np.median(values))))

    assert scatter(raw_frame) > 2.5 * photon
    assert scatter(divided) < 1.25 * photon


def test_a_subarray_is_divided_by_its_part_of_the_flat(demo_night: DemoNight, folder: Path) -> None:
    header, path = {}, None
    for candidate in sorted(demo_night.raw.glob(f"{NIGHT}_image_*.fits")):
        header = fits.getheader(candidate)
        if header["SUBARRAY"] == "CUSTOM" and header["FILTER"] == "K":
            path = candidate
            break
    assert path is not None
    flat = demo_night.cache / "references" / "tmt" / "iris" / "tmt_iris_flat_0005.fits"
    out = folder / "subarray.fits"
    run("flat-field", path, "--reference", f"FLAT={flat}", "-o", out)
    x, y = header["SUBSTRT1"] - 1, header["SUBSTRT2"] - 1
    with fits.open(out) as hdus, fits.open(path) as before, fits.open(flat) as reference:
        ny, nx = before["SCI"].data.shape
        part = (slice(y, y + ny), slice(x, x + nx))
        good = (reference["DQ"].data[part] & dq.DO_NOT_USE) == 0
        expected = before["SCI"].data / np.where(good, reference["SCI"].data[part], 1)
        np.testing.assert_allclose(hdus["SCI"].data, expected, rtol=1e-6)
        assert (hdus["DQ"].data[~good] & NO_FLAT == NO_FLAT).all()


def test_the_four_detectors_keep_their_ratio(
    demo_night: DemoNight, folder: Path, scene: Scene, truth: Mapping[str, Any]
) -> None:
    kind = truth["kinds"]["mosaic"]
    frames = raw(demo_night, *(name for names in kind["mosaic"].values() for name in names))
    document = run("normalize-flat", *frames, "-o", folder / "flat_{detector}.fits")
    assert [Path(path).name for path in document["outputs"]] == [f"flat_{name}.fits" for name in EFFICIENCY]
    assert len({product["metrics"]["divisor"] for product in document["products"]}) == 1
    found, true = {}, {}
    for name, efficiency in EFFICIENCY.items():
        response = (vignetting(scene.size) * scene.detector(name).response)[scene.ramp.slices]
        with fits.open(folder / f"flat_{name}.fits") as hdus:
            assert hdus[0].header["DETECTOR"] == name
            assert hdus[0].header["DETNORM"] == "IRIS1,IRIS2,IRIS3,IRIS4"
            good = (hdus["DQ"].data & dq.DO_NOT_USE) == 0
            found[name] = np.median(hdus["SCI"].data[good] / response[good])
        true[name] = efficiency
    for name in EFFICIENCY:
        assert found[name] / found["IRIS1"] == pytest.approx(true[name] / true["IRIS1"], rel=1e-3)


def test_one_output_for_four_detectors_is_refused_with_a_cure(
    demo_night: DemoNight, folder: Path, truth: Mapping[str, Any]
) -> None:
    kind = truth["kinds"]["mosaic"]
    frames = raw(demo_night, *(name for names in kind["mosaic"].values() for name in names))
    said = run("normalize-flat", *frames, "-o", folder / "one.fits", code=2)["error"]
    assert "one_{detector}.fits" in said
    assert "-p detector=IRIS1" in said
    out = folder / "third.fits"
    document = run("normalize-flat", *frames, "-o", out, "-p", "detector=IRIS3")
    assert fits.getheader(out)["DETECTOR"] == "IRIS3"
    assert document["metrics"]["detector_ratio"] > 1


def test_the_slicer_flat_leaves_the_pixels(
    demo_night: DemoNight, folder: Path, scene: Scene, truth: Mapping[str, Any]
) -> None:
    names, out = truth["kinds"]["mosaic"]["slicer"], folder / "slicer.fits"
    document = run("normalize-slicer-flat", *raw(demo_night, *names), "-o", out)
    assert document["verdict"] == "good", document["reasons"]
    light = slicer_light(scene)
    response = scene.detector(SPECTROGRAPH).response[scene.ramp.slices]
    with fits.open(out) as hdus:
        flat, bits, spectrum = (hdus[name].data for name in ("SCI", "DQ", "SPECTRUM"))
    struck_by = struck(truth, names, flat.shape)
    good = ((bits & dq.DO_NOT_USE) == 0) & (light > 0.5 * light.max()) & ~struck_by
    # soft dust, which is as broad as what the spline follows, stays in the flat
    wrong = flat[good] / response[good] - 1
    assert np.std(wrong) < 1.3 * document["metrics"]["noise_limit_fraction"]
    assert np.std((flat * spectrum)[good]) > 5 * np.std(flat[good])
    gaps = (light == 0)[ACTIVE]
    assert ((bits[ACTIVE] & NO_FLAT)[gaps] == NO_FLAT).all()
    assert document["metrics"]["n_slices"] == len(range(8, scene.ramp.height - 26, 26))


def test_kn3_has_no_lamp_off_frame_and_that_is_told(demo_night: DemoNight, truth: Mapping[str, Any]) -> None:
    document = run("normalize-flat", *raw(demo_night, *truth["kinds"]["flat"]["lamp_on"][3:]))
    assert document["verdict"] == "doubtful"
    assert "KN3 is thermal" in " ".join(document["reasons"])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((*numbered("flat", 1), *numbered("dark", 1)), "This is a dark, not a flat"),
        (numbered("flat", 1, 4), "FILTER, the filter, is"),
        (numbered("flat", 6), "All frames are lamp-off"),
    ],
)
def test_what_is_no_set_of_flats_is_refused(demo_night: DemoNight, names: tuple[str, ...], said: str) -> None:
    assert said in run("normalize-flat", *raw(demo_night, *names), code=3)["error"]


def test_a_dark_is_no_flat_to_divide_by(demo_night: DemoNight) -> None:
    (image,) = exposures(demo_night, "image", 1)
    (dark,) = exposures(demo_night, "dark", 1)
    assert "no flat but a dark" in run("flat-field", image, "--reference", f"FLAT={dark}", code=3)["error"]
