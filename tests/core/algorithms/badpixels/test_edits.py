"""Painting a map by hand, without a window."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.algorithms.badpixels.edits import (
    Edits,
    Stroke,
    brushed,
    clear_all,
    enclosed,
    parse_edits,
    with_edits,
)
from calgui.core.algorithms.badpixels.summary import definition, kind_metrics, kind_table
from calgui.core.algorithms.registry import Result
from calgui.core.errors import UsageError
from calgui.core.frames import dq
from calgui.core.frames.frame import Frame
from calgui.core.regions.shapes import Circle, Line, Rectangle

SIZE = (20, 30)
HOT = dq.HOT | dq.DO_NOT_USE


def places(index: Any) -> set[tuple[int, int]]:
    """(x, y) of each."""
    return {(int(at) % SIZE[1], int(at) // SIZE[1]) for at in index}


@pytest.mark.parametrize("side", [1, 3, 5])
def test_a_dab_is_a_square(side: int) -> None:
    half = side // 2
    found = places(brushed([(10.3, 7.8)], side, SIZE))
    assert found == {(x, y) for x in range(10 - half, 11 + half) for y in range(8 - half, 9 + half)}


def test_a_brush_leaves_no_gap_however_fast_it_was() -> None:
    found = places(brushed([(2, 2), (25, 12), (25, 3)], 1, SIZE))
    assert {x for x, _ in found} == set(range(2, 26))
    assert {(25, y) for y in range(3, 13)} <= found
    for x, y in found:  # every pixel has a neighbour in the stroke
        assert found & {(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if (dx, dy) != (0, 0)}


def test_a_brush_ends_at_the_edge() -> None:
    assert places(brushed([(0, 0)], 3, SIZE)) == {(0, 0), (1, 0), (0, 1), (1, 1)}
    assert places(brushed([(29, 19)], 3, SIZE)) == {(28, 18), (29, 18), (28, 19), (29, 19)}
    assert brushed([(-50, -50)], 5, SIZE).size == 0
    assert brushed([], 1, SIZE).size == 0


def test_regions() -> None:
    assert places(enclosed(Rectangle(5, 6, 3, 3), SIZE)) == {(x, y) for x in (4, 5, 6) for y in (5, 6, 7)}
    assert places(enclosed(Circle(10, 10, 1.1), SIZE)) == {(10, 10), (9, 10), (11, 10), (10, 9), (10, 11)}
    assert places(enclosed(Line(2, 2, 5, 2), SIZE)) == {(2, 2), (3, 2), (4, 2), (5, 2)}
    assert enclosed(Circle(100, 100, 2), SIZE).size == 0


def test_strokes_are_values() -> None:
    one, same = Stroke.of(HOT, True, [5, 3, 5]), Stroke.of(HOT, True, np.array([3, 5]))
    assert one == same
    assert Edits((one,)) == Edits().then(same)
    assert one.text == "set DO_NOT_USE HOT in 2 pixels"
    assert clear_all(np.array([1])).text == "clear all flags in 1 pixel"


def original() -> Any:
    bits = np.zeros(SIZE, np.uint32)
    bits[0] = dq.REFERENCE_PIXEL | dq.NON_SCIENCE | dq.DO_NOT_USE
    bits[5, 5] = dq.DEAD | dq.DO_NOT_USE
    bits[6, 6] = dq.WARM
    return bits


def test_strokes_follow_one_another() -> None:
    before = original()
    at = 5 * 30 + 5
    edits = Edits((Stroke.of(HOT, True, [at, 200]), Stroke.of(dq.DEAD, False, [at]), clear_all(np.array([6 * 30 + 6]))))
    made = edits.applied(before)
    assert dq.decode(made[5, 5]) == ("DO_NOT_USE", "HOT")
    assert dq.decode(made[6, 20]) == ("DO_NOT_USE", "HOT")
    assert made[6, 6] == 0
    np.testing.assert_array_equal(before, original())
    assert edits.changed(before) == (2, 1)
    # what is undone leaves nothing
    np.testing.assert_array_equal(Edits(edits.strokes[:0]).applied(before), before)
    there_and_back = Edits((Stroke.of(HOT, True, [200]), Stroke.of(HOT, False, [200])))
    assert there_and_back.changed(before) == (0, 0)


def test_reference_pixels_stay_what_they_are() -> None:
    edits = Edits((clear_all(np.arange(60)), Stroke.of(HOT, True, range(60))))
    made = edits.applied(original())
    np.testing.assert_array_equal(made[0], original()[0])
    assert (made[1] == HOT).all()


def test_the_result_speaks_of_the_painted_map() -> None:
    bits = original()
    frame = Frame(np.zeros(SIZE, np.float32), None, bits, {"HISTORY": "made before"})
    plain = Result(frame, kind_metrics(bits), tables=(kind_table(bits),), planes={"DQ_DEF": definition(bits)})
    assert with_edits(plain, Edits()) is plain
    made = with_edits(plain, Edits((Stroke.of(HOT, True, [200, 201]), clear_all(np.array([6 * 30 + 6])))))
    assert (made.metrics["n_hot"].value, made.metrics["n_warm"].value) == (2, 0)
    assert made.metrics["n_by_hand"].value == 3
    assert made.keywords["NBYHAND"][0] == 3
    assert made.keywords["NHOT"][0] == 2
    assert b"HOT" in made.planes["DQ_DEF"]["NAME"]
    assert b"WARM" not in made.planes["DQ_DEF"]["NAME"]
    assert "HOT" in {row[0] for row in made.tables[0].rows}
    assert made.reasons == ("By hand: 2 pixels flagged, 1 cleared.",)
    assert made.frame is not None
    told = str(made.frame.header["HISTORY"]).splitlines()
    assert told[:2] == ["made before", "By hand: 2 pixels flagged, 1 cleared, in 2 strokes"]
    assert plain.metrics["n_hot"].value == 0


def test_strokes_can_be_written() -> None:
    edits = parse_edits("3,4=HOT+DO_NOT_USE; 5:7,10:11=-WARM; 1,1=", SIZE)
    assert [stroke.text for stroke in edits.strokes] == [
        "set DO_NOT_USE HOT in 1 pixel",
        "clear WARM in 6 pixels",
        "clear all flags in 1 pixel",
    ]
    assert places(edits.strokes[1].index) == {(x, y) for x in (5, 6, 7) for y in (10, 11)}
    for text in ("3=HOT", "3,4", "30,4=HOT", "5:3,1=HOT", "x,1=HOT", "1,1=HOTT", "-1,1=HOT"):
        with pytest.raises(UsageError):
            parse_edits(text, SIZE)


def test_the_command_line_sets_pixels_by_hand(tmp_path: Path) -> None:
    data = np.full((64, 64), 1, np.uint8)
    data[10, 20] = 0
    fits.PrimaryHDU(data).writeto(tmp_path / "mask.fits")
    words = ["run", "convert-mask", str(tmp_path / "mask.fits"), "-o", str(tmp_path / "out.fits"), "--json"]
    made = CliRunner().invoke(cli, [*words, "-p", "by_hand=30:31,40=DEAD+DO_NOT_USE; 20,10="])
    assert made.exit_code == 0, made.stderr
    document = json.loads(made.stdout)
    assert document["metrics"]["n_by_hand"] == 3
    with fits.open(tmp_path / "out.fits") as hdus:
        assert np.argwhere(hdus["DQ"].data).tolist() == [[40, 30], [40, 31]]
        assert "By hand: 2 pixels flagged, 1 cleared, in 2 strokes" in str(hdus[0].header["HISTORY"])
    assert CliRunner().invoke(cli, [*words, "--overwrite", "-p", "by_hand=70,1=DEAD"]).exit_code == 2
