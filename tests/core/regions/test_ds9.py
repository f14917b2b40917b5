"""DS9's region files: what DS9 itself writes, what we write, and what is refused."""

import numpy as np
import pytest

from calgui.core.errors import InputError, UsageError
from calgui.core.regions.ds9 import read_regions, write_regions
from calgui.core.regions.shapes import Annulus, Circle, Line, Polygon, Rectangle, Region

#: as DS9 8 saves them; its pixels count from 1
FROM_DS9 = """# Region file format: DS9 version 4.1
global color=green dashlist=8 3 width=1 font="helvetica 10 normal roman" select=1 highlite=1 dash=0 fixed=0
image
box(10,20,4,6,30) # text={a box}
circle(100,100.5,20)
annulus(50,50,10,20)
line(1,1,5,9) # line=0 0
polygon(1,1,10,1,10,10)
"""
HEADER = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 266.4, "CRVAL2": -29.0, "CRPIX1": 50.5, "CRPIX2": 50.5,
    "CD1_1": -1e-6, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1e-6, "RADESYS": "ICRS",
}  # fmt: skip


def test_what_ds9_writes_is_read(tmp_path):
    path = tmp_path / "a.reg"
    path.write_text(FROM_DS9)
    found = read_regions(path)
    assert found.left_out == ()
    assert found.regions == (
        Region(Rectangle(9, 19, 4, 6, 30), "a box"),
        Region(Circle(99, 99.5, 20)),
        Region(Annulus(49, 49, 10, 20)),
        Region(Line(0, 0, 4, 8)),
        Region(Polygon(((0, 0), (9, 0), (9, 9)))),
    )


def test_what_is_written_is_read_again(tmp_path):
    regions = (
        Region(Rectangle(9.5, 19.25, 4, 6, 30), "a {box}\nwith signs"),
        Region(Circle(99, 99, 20.125), "µ Cas"),
        Region(Annulus(49, 49, 10, 20)),
        Region(Line(0, 0, 4, 8)),
        Region(Polygon(((0, 0), (9, 0), (9, 9), (3, 12.5)))),
    )
    found = read_regions(write_regions(tmp_path / "b.reg", regions))
    assert [one.shape for one in found.regions] == [one.shape for one in regions]
    assert found.regions[0].name == "a  box  with signs"
    assert found.regions[1].name == "µ Cas"
    assert read_regions(write_regions(tmp_path / "sky.reg", regions, HEADER, sky=True), HEADER).left_out == ()


def test_regions_on_the_sky_lie_where_the_header_says(tmp_path):
    path = tmp_path / "sky.reg"
    path.write_text('icrs\ncircle(266.4,-29.0,0.036")\n')
    (region,) = read_regions(path, HEADER).regions
    # the reference pixel 50.5 counts from 1; 0.036 arcseconds are ten pixels of a millionth of a degree
    assert region.shape.x == pytest.approx(49.5, abs=0.01)
    assert region.shape.y == pytest.approx(49.5, abs=0.01)
    assert region.shape.radius == pytest.approx(10.0, rel=1e-3)
    without = read_regions(path)
    assert without.regions == ()
    assert "no celestial coordinates" in without.left_out[0]


def test_a_damaged_header_on_the_sky_is_refused_by_a_sentence(tmp_path):
    for card in ({"RADESYS": "deg", "CTYPE3": "WAVE", "CRVAL3": 3}, {"CPDIS1": "Lookup"}, {"CRVAL1": "here"}):
        with pytest.raises(UsageError, match="celestial"):
            write_regions(tmp_path / "a.reg", [Region(Circle(5, 5, 2))], HEADER | card, sky=True)
    assert not list(tmp_path.iterdir())


def test_the_sky_and_back(tmp_path):
    regions = [Region(Circle(30, 40, 5)), Region(Rectangle(60, 20, 8, 4, 25)), Region(Line(3, 4, 50, 60))]
    found = read_regions(write_regions(tmp_path / "s.reg", regions, HEADER, sky=True), HEADER)
    for before, after in zip(regions, found.regions, strict=True):
        np.testing.assert_allclose(list(vars(after.shape).values()), list(vars(before.shape).values()), atol=0.02)


def test_other_shapes_are_named_and_the_rest_is_read(tmp_path):
    path = tmp_path / "mixed.reg"
    path.write_text("image\nellipse(30,30,5,3,10)\ncircle(5,5,2)\nvector(1,1,10,45)\nphysical\ncircle(4,4,4)\n")
    found = read_regions(path)
    assert found.regions == (Region(Circle(4, 4, 2)),)
    told = " ".join(found.left_out)
    assert "ellipse" in told
    assert "vector" in told
    assert "physical" in told


@pytest.mark.parametrize(
    "text",
    ["", "image\n", "hello\n\x00\x01\n", "image\ncircle(a,b,c)\n", "image\nbox(1,2,-3,4)\n", "image\ncircle(1,2)\n"],
)
def test_what_is_no_region_file_is_refused_by_a_sentence(tmp_path, text):
    path = tmp_path / "odd.reg"
    path.write_text(text)
    with pytest.raises(InputError) as told:
        read_regions(path)
    assert told.value.path == path
    assert told.value.cure


def test_a_text_of_something_else_says_what_was_skipped(tmp_path):
    path = tmp_path / "odd.reg"
    path.write_text("hello world\n")
    found = read_regions(path)
    assert found.regions == ()
    assert "hello" in found.left_out[0]


def test_places_that_are_no_numbers_are_left_out(tmp_path):
    path = tmp_path / "nan.reg"
    path.write_text("image\ncircle(nan,2,3)\npolygon(1,1,2,2)\ncircle(5,5,1)\n")
    found = read_regions(path)
    assert found.regions == (Region(Circle(4, 4, 1)),)
    assert len(found.left_out) == 2


def test_a_missing_or_huge_file_is_refused(tmp_path):
    with pytest.raises(InputError):
        read_regions(tmp_path / "none.reg")
    huge = tmp_path / "huge.reg"
    with huge.open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(InputError, match="too large"):
        read_regions(huge)


def test_nothing_is_overwritten_unasked(tmp_path):
    path = write_regions(tmp_path / "c.reg", [Region(Circle(1, 2, 3))])
    with pytest.raises(InputError):
        write_regions(path, [])
    with pytest.raises(UsageError):
        write_regions(tmp_path / "d.reg", [Region(Circle(1, 2, 3))], {}, sky=True)
    assert read_regions(path).regions
