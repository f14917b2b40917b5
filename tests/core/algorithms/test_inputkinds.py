"""An input of another kind than an algorithm takes is refused with what it is, and what to do."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.algorithms.geometry import cut_out, place_in, region_of
from calgui.core.algorithms.inputkinds import check_kinds, check_taken, kind_of
from calgui.core.algorithms.registry import algorithm
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.preview import examine
from calgui.core.runs.run import run_files


def frame(*shape: int, **header: object) -> Frame:
    return Frame(np.arange(np.prod(shape), dtype=np.float32).reshape(shape), header=header, path=Path("it.fits"))


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (frame(4, 5), "image"),
        (frame(3, 4, 5), "ramp"),
        (frame(1, 3, 4, 5), "ramp"),
        (frame(3, 4, 5, CTYPE3="WAVE"), "cube"),
        (frame(5), "spectrum"),
        (frame(1, 1, 3, 4, 5), None),
    ],
)
def test_kinds_by_axes(made: Frame, kind: str | None) -> None:
    assert kind_of(made) == kind


def test_a_ramp_is_to_be_fitted_before_it_is_an_image() -> None:
    with pytest.raises(InputError, match="This is a ramp, 5 × 4 × 3; Master dark takes images") as caught:
        check_kinds(algorithm("master-dark"), [frame(4, 5), frame(3, 4, 5)])
    assert "fit-ramp" in caught.value.cure
    assert caught.value.path == Path("it.fits")
    with pytest.raises(InputError, match="takes images or cubes") as caught:
        check_kinds(algorithm("flat-field"), [frame(3, 4, 5)])
    assert (
        caught.value.cure
        == "Fit the ramp first (fit-ramp), or choose images or cubes; a cube is told by CTYPE3, such as WAVE."
    )
    with pytest.raises(InputError, match="no spectrum, image, ramp or cube"):
        check_kinds(algorithm("master-dark"), [frame(1, 1, 3, 4, 5)])
    check_taken("Both", ("image", "ramp"), [frame(4, 5), frame(3, 4, 5)])


def test_files_of_the_wrong_kind_are_refused_before_pixels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "ramp.fits"
    fits.PrimaryHDU(np.zeros((3, 8, 8), np.float32)).writeto(path)
    with pytest.raises(InputError, match="This is a ramp"):
        run_files("subtract-dark", [path], references={"DARK": path})
    found = examine("subtract-dark", [path], {}, {"DARK": path}, None, None, Job())
    assert found.problem is not None
    assert "This is a ramp" in found.problem.message


def test_a_part_of_a_ramp_keeps_its_reads_and_knows_where_it_lies() -> None:
    whole = frame(2, 3, 40, 60, SUBARRAY="FULL")
    part = cut_out(whole, slice(30, 40), slice(0, 20))
    np.testing.assert_array_equal(part.data, whole.data[:, :, 30:, :20])
    assert region_of(part).active() == (slice(0, 6), slice(4, 20))


def test_where_a_part_lies_in_a_reference() -> None:
    full = frame(40, 60, SUBARRAY="FULL")
    part = cut_out(full, slice(30, 40), slice(5, 20))
    assert place_in(part, full) == (30, 5)
    assert place_in(part, part) == (0, 0)
    assert place_in(full, part) is None
    assert place_in(part, frame(50, 60, SUBARRAY="FULL")) is None
    assert place_in(frame(2, 3, 40, 60), frame(5, 40, 60)) == (0, 0)
    assert place_in(frame(40, 60), frame(5, 1, 1)) is None
