"""Uneven light beside a star: what is left of a picture less itself turned by half a turn about the star."""

import math
from collections.abc import Mapping

import numpy as np

from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import local_statistics
from calgui.core.algorithms.registry import Metric
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.validation.differences import broad_change, spots
from calgui.core.validation.figures import box_of
from calgui.core.validation.lines import describe_lines

#: pixels on a side within which the light of a star is summed to find it
_STAR = 5
#: the star must stand off the edges by such a part of the picture
_OFF = 0.25
#: pixels around it that are left out
_CORE = 32.0
#: other lights than the star; where there are more, nothing is said
_ALONE = 1


def uneven_beside_star(frame: Frame, job: Job) -> Mapping[str, Metric]:
    """How much the level slopes beside the brightest star.

    Parameters
    ----------
    frame : Frame
        An image with one bright star; of others the medians of tiles tell the level.
    job : Job
        Cancel.

    Returns
    -------
    dict of str to Metric
        ``odd_slope_sigma`` and its error, ``odd_part_lines``, ``odd_part_step``; empty where no star is away from the
        edges, and in a crowd.

    Notes
    -----
    The halo of a star, and its spikes, are the same on both sides of it: the difference is free of them, and light that
    came in from one side, a gradient of the sky, or an output with another level are left. What is as bright on both
    sides is not seen.
    """
    from scipy.ndimage import uniform_filter

    good = region_of(frame).mask() & np.isfinite(frame.data)
    if frame.dq is not None:
        good &= (frame.dq & np.uint32(flags.DO_NOT_USE | flags.NON_SCIENCE | flags.REFERENCE_PIXEL)) == 0
    if not good.any():
        return {}
    level = np.float32(np.median(frame.data[good]))
    image = np.where(good, frame.data, level)
    place = np.unravel_index(int(uniform_filter(image, _STAR).argmax()), image.shape)
    both_sides = tuple(zip((int(at) for at in place), image.shape, strict=True))
    if any(at < _OFF * side or at > (1 - _OFF) * side for at, side in both_sides):
        return {}
    sides = [slice(max(0, 2 * at - side + 1), min(side, 2 * at + 1)) for at, side in both_sides]
    part, usable = image[sides[0], sides[1]], good[sides[0], sides[1]]
    odd = np.asarray((part - part[::-1, ::-1]) / np.float32(2), np.float32)
    both = usable & usable[::-1, ::-1]
    # next to the star it is not free of it: the middle is some pixel, and its wings are steep
    middle = [at - one.start for at, one in zip(place, sides, strict=True)]
    y, x = np.ogrid[: odd.shape[0], : odd.shape[1]]
    both &= np.hypot(y - middle[0], x - middle[1]) > _CORE
    local = local_statistics(odd, both, box_of(odd.shape), job)
    if local is None or not local.typical_sigma > 0:
        return {}
    # half the difference of two pixels has their noise over the square root of 2
    noise = local.typical_sigma * math.sqrt(2)
    made: dict[str, Metric] = {}
    # among many stars there is no side of the one
    others = spots(odd, both, local)
    crowded = others > _ALONE
    made["odd_spots"] = Metric(others, "", "Places several pixels wide that are brighter than those opposite.")
    broad = None if crowded else broad_change(local)
    if broad is not None:
        made["odd_slope_sigma"] = Metric(
            broad[0] / noise, "sigma", "Range of the level from one side of the star to the other, in noise."
        )
        made["odd_slope_error"] = Metric(broad[1] / noise, "sigma", "One sigma of it.")
    lines = describe_lines(odd, both, 0.0, local.typical_sigma)
    if lines and not crowded:
        count, step = lines["odd_lines"].value, lines["step_sigma"].value
        assert isinstance(count, float)
        assert isinstance(step, float)
        # what is at one side of the star is found at both, half as high
        made["odd_part_lines"] = Metric(math.ceil(count / 2), "", "Rows and columns that stand out at one side of it.")
        made["odd_part_step"] = Metric(
            step * math.sqrt(2), "sigma", "Largest step between rows or columns at one side of it, in noise."
        )
    return made
