"""The preview of a full frame with its subarrays: each input is cut where it shows the same part of the detector."""

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.frames.statistics import Box
from calgui.core.jobs import Job
from calgui.core.runs.preview import cut_inputs, preview
from calgui.core.runs.run import run_files
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds.multi import FULL, PARTS

#: all of the first subarray and a part of the second; a part of the first; none of them
PLACES = {"both": Box(60, 160, 66, 150), "one": Box(120, 160, 118, 200), "none": Box(180, 250, 180, 250)}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("first", ["full", "subarray"])
def test_a_part_of_the_merged_frame_is_that_of_the_whole(demo_night: DemoNight, place: str, first: str) -> None:
    paths = [demo_night.raw / FULL, *(demo_night.raw / name for name in PARTS.values())]
    whole = run_files("merge-subarrays", paths).result.frame
    assert whole is not None
    box = PLACES[place]
    if first == "subarray":
        paths = paths[1:2] + paths[:1] + paths[2:]
        with fits.open(paths[0]) as hdus:
            x, y = hdus[0].header["SUBSTRT1"] - 1, hdus[0].header["SUBSTRT2"] - 1
        inside = Box(2, 20, 3, 25)
        box = Box(inside.x_start + x, inside.x_stop + x, inside.y_start + y, inside.y_stop + y)
        cut = cut_inputs(paths, (), inside, Job())
    else:
        cut = cut_inputs(paths, (), box, Job())
    made = preview("merge-subarrays", cut, {}, Job())
    assert made.frame is not None
    assert made.verdict == "good"
    np.testing.assert_array_equal(made.frame.data, whole.data[box.slices])
