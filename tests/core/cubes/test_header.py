"""Headers of pictures, against the celestial coordinates that astropy finds in the cube itself."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from calgui.core.cubes.header import picture_header
from calgui.core.cubes.maps import line_maps
from calgui.core.cubes.reading import open_cube
from calgui.core.frames.fits import read_frame
from calgui.core.frames.keywords import Header
from calgui.core.frames.writing import write_frame
from calgui.core.jobs import Job

KINDS = {
    "wave": ("WAVE", "nm", 2000.0, 0.5),
    "ra": ("RA---TAN", "deg", 83.8, -2e-6),
    "dec": ("DEC--TAN", "deg", -5.4, 2e-6),
}


def cube(path: Path, order: tuple[str, str, str]) -> Path:
    """A cube with its axes in an order, turned by 30 degrees on the sky."""
    lengths = {"wave": 20, "ra": 7, "dec": 9}
    data = np.random.default_rng(3).normal(5, 1, [lengths[name] for name in reversed(order)]).astype(np.float32)
    image = fits.ImageHDU(data, name="SCI")
    number = {name: order.index(name) + 1 for name in order}
    image.header["WCSAXES"] = 3
    image.header["BUNIT"] = "electron/s"
    for name, (kind, unit, value, step) in KINDS.items():
        n = number[name]
        image.header.update({f"CTYPE{n}": kind, f"CUNIT{n}": unit, f"CRVAL{n}": value, f"CDELT{n}": step})
        image.header[f"CRPIX{n}"] = {"wave": 1.0, "ra": 3.0, "dec": 4.0}[name]
        image.header[f"PC{n}_{n}"] = 1.0 if name == "wave" else np.cos(np.pi / 6)
    image.header[f"PC{number['ra']}_{number['dec']}"] = -np.sin(np.pi / 6)
    image.header[f"PC{number['dec']}_{number['ra']}"] = np.sin(np.pi / 6)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    return path


@pytest.mark.parametrize(
    "order", [("ra", "dec", "wave"), ("wave", "ra", "dec"), ("wave", "dec", "ra"), ("ra", "wave", "dec")]
)
def test_a_saved_map_is_where_the_cube_is(tmp_path: Path, order: tuple[str, str, str]) -> None:
    path = cube(tmp_path / "cube.fits", order)
    with fits.open(path) as hdus:
        truth = WCS(hdus["SCI"].header).celestial
    opened = open_cube(path)
    maps = line_maps(opened, (8, 12), [(0, 6), (14, 20)], Job())
    for number, frame in enumerate((opened.plane(3), opened.collapse(2, 5, "mean", Job()), maps.flux)):
        saved = write_frame(frame, tmp_path / f"map{number}.fits")
        with fits.open(saved) as hdus:
            header = hdus["SCI"].header
            assert header["WCSAXES"] == 2
            assert not [key for key in header if key.startswith(("CTYPE3", "CRVAL3", "PC3_", "PC1_3"))]
            found = WCS(header)
        assert found.pixel_n_dim == 2
        # astropy keeps the order that the axes have in the cube; right ascension is x
        swap = slice(None, None, -1 if truth.wcs.lng else 1)
        expected = truth.wcs_pix2world(*(6, 2)[swap], 0)[swap]
        np.testing.assert_allclose(found.wcs_pix2world(6, 2, 0), expected, rtol=0, atol=1e-10)
        np.testing.assert_array_equal(read_frame(saved).data, frame.data)
        assert read_frame(saved).unit == frame.unit


def test_other_versions_and_comments_follow() -> None:
    given = Header({"CTYPE1A": "WAVE", "CTYPE2A": "LINEAR", "PV2_1": 0.5, "CD3_1": 0.0, "CD3_2": 4.0, "OBJECT": "M 42"})
    given.comments["CTYPE2A"] = "of x"
    made = picture_header(given, (2, 0, 1))
    assert dict(made) == {"CTYPE1A": "LINEAR", "PV1_1": 0.5, "CD2_1": 4.0, "OBJECT": "M 42"}
    assert made.comments == {"CTYPE1A": "of x"}
