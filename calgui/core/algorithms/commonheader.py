"""The header that frames which are combined have in common."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from calgui.core.algorithms.frametable import moment
from calgui.core.frames.frame import FrameLike

_COMMON = (
    "TELESCOP", "INSTRUME", "DETECTOR", "EXP_TYPE", "FILTER", "PUPIL", "GRATING", "SUBARRAY", "SUBARRID", "SUBSTRT1",
    "SUBSTRT2", "SUBSIZE1", "SUBSIZE2", "DETXSIZE", "DETYSIZE", "FASTAXIS", "SLOWAXIS", "READMODE", "READPATT",
    "GAIN", "READNOIS", "EXPTIME", "EFFEXPTM", "EFFINTTM", "TFRAME", "TGROUP", "NINTS", "NGROUPS", "NFRAMES",
    "GROUPGAP", "IMGDTEMP", "IFSDTEMP",
)  # fmt: skip


def common_header(frames: Sequence[FrameLike]) -> dict[str, Any]:
    """Keywords that describe all frames, and the start of the first exposure.

    Parameters
    ----------
    frames : sequence of FrameLike
        The inputs.

    Returns
    -------
    dict
        Those of a list of instrument and read-out keywords that have one value in all frames; DATE-OBS and TIME-OBS
        of the earliest frame; the mean temperature.
    """
    made: dict[str, Any] = {}
    for keyword in _COMMON:
        values = [frame.header.get(keyword) for frame in frames]
        if values[0] is not None and all(value == values[0] for value in values):
            made[keyword] = values[0]
        elif keyword.endswith("DTEMP") and all(isinstance(value, int | float) for value in values):
            made[keyword] = round(float(np.mean([float(value) for value in values if value is not None])), 4)
    earliest = min((frame for frame in frames if moment(frame)), key=moment, default=None)
    if earliest is not None:
        made |= {key: earliest.header[key] for key in ("DATE-OBS", "TIME-OBS") if key in earliest.header}
    return made
