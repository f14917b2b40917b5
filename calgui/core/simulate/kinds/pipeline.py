"""References of the pipeline itself: non-linearity coefficients and drizzle parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FULL_WELL, GAIN, NONLINEAR_FROM, NONLINEARITY
from calgui.core.simulate.kinds.common import DETECTOR, FIRST, from_first, image_reference, reference_name
from calgui.core.simulate.scene import IMAGER, SPECTROGRAPH, Columns, Entries, Image, Kind, Reference, Rules, Scene

_NUMBERS = {1: IMAGER, 2: SPECTROGRAPH}


def _coefficients(number: int) -> Reference:
    detector = _NUMBERS[number]

    def make(scene: Scene) -> tuple[Image]:
        # one set of coefficients serves all pixels: a plane of one value is stored once
        planes = np.array(NONLINEARITY, np.float64)[:, None, None]
        return (Image("COEFFS", planes),)

    return image_reference(
        number,
        "NONLINCOEFF",
        FIRST,
        f"Non-linearity of {detector}",
        make,
        detector=detector,
        extra={
            "LINFORM": ("MULTIPLY", "corrected = (1 + c0 + c1 x + ... + c4 x**4) x"),
            "LINUNIT": ("adu", "unit of x, bias subtracted"),
            "LINMAX": (FULL_WELL / GAIN, "[adu] valid below"),
            "LINFROM": (NONLINEAR_FROM / GAIN, "[adu] matters from"),
            "SATURATE": (FULL_WELL, "[electron] truncated at"),
        },
    )


def _drizzle() -> Reference:
    def make(scene: Scene) -> tuple[Columns]:
        table = {
            "NUMIMAGES": np.array([1, 4], np.int32),
            "PIXFRAC": np.array([1.0, 0.8]),
            "KERNEL": ["square", "square"],
            "FILLVAL": ["INDEF", "INDEF"],
            "WEIGHT": ["exptime", "exptime"],
        }
        return (Columns("DRIZPARS", table),)

    return image_reference(1, "DRIZPARS", FIRST, "Drizzle parameters", make, detector="N/A")


def _rules(scene: Scene) -> Sequence[Rules]:
    coefficients: Entries = {(detector,): {FIRST: reference_name("NONLINCOEFF", n)} for n, detector in _NUMBERS.items()}
    drizzle: Entries = {(): {FIRST: reference_name("DRIZPARS", 1)}}
    return (
        Rules("NONLINCOEFF", (DETECTOR,), from_first(coefficients)),
        Rules("DRIZPARS", (), from_first(drizzle)),
    )


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "nonlinearity": list(NONLINEARITY),
        "form": "corrected = (1 + c0 + c1 x + c2 x² + c3 x³ + c4 x⁴) x, x in adu above bias",
        "full_well_e": FULL_WELL,
    }


KIND = Kind(
    "pipeline", references=lambda scene: [*map(_coefficients, _NUMBERS), _drizzle()], rules=_rules, truth=_truth
)
