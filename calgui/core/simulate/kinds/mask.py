"""The bad-pixel maps of the cache: the truth of each detector."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.frames import dq
from calgui.core.simulate.kinds.common import DETECTOR, FIRST, SUBARRAY, from_first, image_reference, reference_name
from calgui.core.simulate.scene import IMAGER, SPECTROGRAPH, Columns, Entries, Image, Kind, Reference, Rules, Scene

_NUMBERS = {1: IMAGER, 2: SPECTROGRAPH}


def _reference(number: int) -> Reference:
    detector = _NUMBERS[number]

    def make(scene: Scene) -> tuple[Image, Columns]:
        flags = scene.detector(detector).mask()
        used = [flag for flag in dq.FLAGS if np.any(flags & flag.value)]
        definition = Columns(
            "DQ_DEF",
            {
                "BIT": np.array([flag.bit for flag in used], np.int32),
                "VALUE": np.array([flag.value for flag in used], np.int64),
                "NAME": [flag.name for flag in used],
                "DESCRIPTION": [flag.meaning for flag in used],
            },
        )
        return Image("DQ", flags), definition

    return image_reference(
        number,
        "MASK",
        FIRST,
        f"Bad pixels of {detector}",
        make,
        detector=detector,
        extra={"SUBARRAY": ("GENERIC", "serves every subarray")},
    )


def _rules(scene: Scene) -> Sequence[Rules]:
    entries: Entries = {(detector, "GENERIC"): {FIRST: reference_name("MASK", n)} for n, detector in _NUMBERS.items()}
    return (Rules("MASK", (DETECTOR, SUBARRAY), from_first(entries)),)


def _truth(scene: Scene) -> Mapping[str, Any]:
    chip = scene.detector(IMAGER)
    return {"hot_from_excess_e_per_s": 0.5, "flags": dq.count(chip.mask())}


KIND = Kind("mask", references=lambda scene: [_reference(n) for n in _NUMBERS], rules=_rules, truth=_truth)
