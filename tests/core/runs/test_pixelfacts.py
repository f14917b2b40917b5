"""What is known of a pixel: read back from files whose numbers are known, and from the demo night's references."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import InputError
from calgui.core.frames.dq import HOT
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import write_frame
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.runs.pixelfacts import NO_PICTURE, NOT_OF_SPAXELS, OTHER_PICTURE, pixel_facts, same_exposure
from calgui.core.simulate.night import DemoNight


def test_the_pixel_itself(tmp_path: Path) -> None:
    y, x = np.mgrid[0:20, 0:30]
    data = (x + 100 * y).astype(np.float32)
    dq = np.zeros(data.shape, np.uint32)
    dq[7, 4] = HOT
    path = write_frame(Frame(data, data * 0 + 2.5, dq, {"BUNIT": "DN"}), tmp_path / "a.fits")
    (fact,) = pixel_facts(path, (), 4, 7, None, None, Job())
    assert fact.values == (704.0,)
    assert fact.error == 2.5
    assert fact.flags == ("HOT",)
    assert fact.unit == "DN"
    (outside,) = pixel_facts(path, (), 400, 7, None, None, Job())
    assert "no such pixel" in outside.problem
    with pytest.raises(InputError):
        pixel_facts(tmp_path / "none.fits", (), 0, 0, None, None, Job())


def test_planes_of_a_cube(tmp_path: Path) -> None:
    data = np.arange(3 * 4 * 5, dtype=np.float32).reshape(3, 4, 5)
    fits.PrimaryHDU(data).writeto(tmp_path / "cube.fits")
    (plane,) = pixel_facts(tmp_path / "cube.fits", (1,), 2, 3, None, None, Job())
    assert plane.values == (data[1, 3, 2],)
    (all_planes,) = pixel_facts(tmp_path / "cube.fits", (), 2, 3, None, None, Job())
    assert all_planes.values == tuple(data[:, 3, 2])
    # the first few of many planes say nothing of the others
    many = np.arange(30 * 4 * 5, dtype=np.float32).reshape(30, 4, 5)
    fits.PrimaryHDU(many).writeto(tmp_path / "many.fits")
    (untold,) = pixel_facts(tmp_path / "many.fits", (), 2, 3, None, None, Job())
    assert untold.values == ()
    assert "30 planes" in untold.problem


def test_a_plane_is_counted_through_all_leading_axes(tmp_path: Path) -> None:
    data = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    fits.PrimaryHDU(data).writeto(tmp_path / "ramp.fits")
    (fact,) = pixel_facts(tmp_path / "ramp.fits", (4,), 2, 3, None, None, Job())
    assert fact.values == (data[1, 1, 3, 2],)
    (fact,) = pixel_facts(tmp_path / "ramp.fits", (1, 2), 2, 3, None, None, Job())
    assert fact.values == (data[1, 2, 3, 2],)


def test_a_map_of_flags_keeps_every_bit(tmp_path: Path) -> None:
    bits = np.zeros((6, 7), np.uint32)
    bits[2, 3] = 2147484161
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(bits, name="DQ")]).writeto(tmp_path / "mask.fits")
    (fact,) = pixel_facts(tmp_path / "mask.fits", (), 3, 2, None, None, Job())
    assert fact.values == (2147484161.0,)
    assert fact.dq == 2147484161
    assert "REFERENCE_PIXEL" in fact.flags


def test_the_references_of_the_demo_night(demo_night: DemoNight) -> None:
    path = demo_night.raw / "iris_20260311_image_0006.fits"
    cache = Cache.open(demo_night.cache)
    facts = {fact.what: fact for fact in pixel_facts(path, (), 40, 50, cache, None, Job())}
    with fits.open(path) as opened:
        assert facts["observation"].values[0] == pytest.approx(float(opened["SCI"].data[50, 40]))
    # tables and a place for a header have no picture; coefficients hold for the whole detector
    assert facts["drizpars"].problem == facts["distortion"].problem == NO_PICTURE
    assert facts["nonlincoeff"].place is None
    assert len(facts["nonlincoeff"].values) == 5
    told = [fact for fact in facts.values() if fact.what != "observation" and fact.place is not None]
    assert len(told) > 5
    for fact in told:
        with fits.open(fact.path) as opened:
            hdu = next((one for one in opened if one.name == "SCI"), None) or next(
                one for one in opened if one.data is not None
            )
            data = hdu.data if hdu.data.ndim == 2 else hdu.data.reshape(-1, *hdu.data.shape[-2:])[0]
            np.testing.assert_allclose(fact.values[0], data[fact.place[1], fact.place[0]], rtol=1e-6)


def test_a_subarray_is_looked_up_on_the_detector(demo_night: DemoNight, tmp_path: Path) -> None:
    whole = demo_night.raw / "iris_20260311_image_0006.fits"
    with fits.open(whole) as opened:
        header = opened[0].header.copy()
        data = opened["SCI"].data[100:164, 200:280].copy()
    header["SUBARRAY"], header["SUBSTRT1"], header["SUBSTRT2"] = "CUSTOM", 201, 101
    header["SUBSIZE1"], header["SUBSIZE2"] = 80, 64
    cut = tmp_path / "cut.fits"
    fits.HDUList([fits.PrimaryHDU(header=header), fits.ImageHDU(data, name="SCI")]).writeto(cut)
    cache = Cache.open(demo_night.cache)
    facts = pixel_facts(cut, (), 3, 4, cache, None, Job())
    full = [fact for fact in facts if fact.what != "observation" and fact.place is not None]
    assert full
    assert all(fact.place == (203, 104) for fact in full)


def test_the_same_exposure() -> None:
    ramp = {"DETECTOR": "IRIS1", "DATE-OBS": "2026-03-11", "TIME-OBS": "13:20:00", "EXP_NO": 3}
    assert same_exposure(ramp, dict(ramp))
    assert same_exposure(ramp, {key: value for key, value in ramp.items() if key != "EXP_NO"})
    assert not same_exposure(ramp, ramp | {"DETECTOR": "IRIS2"})
    assert not same_exposure(ramp, ramp | {"TIME-OBS": "13:20:01"})
    assert not same_exposure(
        {"DETECTOR": "IRIS1", "DATE-OBS": "2026-03-11"}, {"DETECTOR": "IRIS1", "DATE-OBS": "2026-03-11"}
    )
    assert not same_exposure({}, {})


def test_traces_and_spectra_are_no_pictures_of_the_detector(demo_night: DemoNight) -> None:
    cache = Cache.open(demo_night.cache)
    arc = demo_night.raw / "iris_20260311_arc_0001.fits"
    facts = {fact.what: fact for fact in pixel_facts(arc, (), 30, 5, cache, None, Job())}
    # row 5 of either is a spectrum, not the row of the detector
    assert facts["wavecal"].problem == facts["rectmat"].problem == OTHER_PICTURE
    assert facts["dark"].place == (30, 5)


def test_a_spaxel_is_no_pixel_of_the_detector(demo_night: DemoNight) -> None:
    cache = Cache.open(demo_night.cache)
    cube = demo_night.raw / "iris_20260311_cube_0001.fits"
    observation, *facts = pixel_facts(cube, (7,), 3, 2, cache, None, Job())
    with fits.open(cube) as opened:
        assert observation.values[0] == pytest.approx(float(opened["SCI"].data[7, 2, 3]))
    assert not [fact for fact in facts if fact.place is not None]
    assert facts[-1].problem == NOT_OF_SPAXELS
