"""Cut-outs of a picture."""

import numpy as np

from calgui.core.frames.cutouts import cut, tones
from calgui.core.frames.display import NO_VALUE, TOP


def test_a_cut_out_has_its_place_in_the_middle_and_nothing_beyond_the_picture() -> None:
    picture = np.arange(48, dtype=np.float32).reshape(6, 8)
    assert np.array_equal(cut(picture, 3.4, 1.6, 1), picture[1:4, 2:5])
    corner = cut(picture, 7, 0, 1)
    assert corner[1, 1] == picture[0, 7]
    assert np.isnan(corner[0]).all()
    assert np.isnan(corner[:, 2]).all()
    assert np.isnan(cut(picture, 60, 0, 2)).all()
    assert np.isnan(cut(picture, np.nan, 0, 2)).all()


def test_tones_reach_from_the_sky_to_the_peak() -> None:
    part = np.full((5, 5), 10.0)
    part[2, 2], part[0, 0], part[1, 1] = 100.0, np.nan, 20.0
    drawn = tones(part)
    assert drawn[2, 2] == TOP
    assert drawn[0, 0] == NO_VALUE
    assert drawn[3, 3] == 0
    assert 0.2 * TOP < drawn[1, 1] < 0.5 * TOP, "a tenth of the peak is lifted"
    assert (tones(np.full((3, 3), np.nan)) == NO_VALUE).all()
    assert (tones(np.full((3, 3), 4.0)) == 0).all()
