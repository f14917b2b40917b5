"""Do the prisms of the dispersion corrector stand as the zenith angle and its direction ask?"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from calgui.core.algorithms.dispersion.conditions import known_of, lying_of
from calgui.core.algorithms.dispersion.corrector import DESIGN, ENDS, PRISM_A, PRISM_B, PRISM_MAS
from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.metadata.limits import Contradiction, held
from calgui.core.atmosphere.refraction import dispersion

#: zenith angles, degrees, below which air disperses next to nothing, and up to which refraction is known well
_LEAST, _MOST = 5.0, 70.0


def check_corrector(header: Mapping[str, Any]) -> list[Contradiction]:
    """Hold the prisms against the dispersion of air.

    Parameters
    ----------
    header : mapping
        EL, PARANG, PA or coordinates of the sky, rotations of both prisms and what one of them disperses. Where one of
        them is absent nothing is said.

    Returns
    -------
    list of Contradiction

    Notes
    -----
    The air is that of a median night of the site: what weather changes is a few per cent.
    """
    elevation = number(header, "EL")
    prisms = [known_of(header, None, names) for names in (PRISM_A, PRISM_B)]
    strength = known_of(header, None, PRISM_MAS)
    if elevation is None or strength is None or not _LEAST <= 90 - elevation <= _MOST:
        return []
    a, b = prisms
    lying = lying_of(header, (0.0, 0.0), None, None)
    if a is None or b is None or isinstance(lying, str):
        return []
    x, y = (sum(turn(math.radians(prism.value)) for prism in (a, b)) for turn in (math.cos, math.sin))
    along, across = (
        strength.value * float(part[0]) for part in lying.orientation.to_sky(np.array([x]), np.array([y]), lying.zenith)
    )
    ends = dispersion(np.array(ENDS), ENDS[1], DESIGN, 90 - elevation, "apparent")
    air = float(ends[0] - ends[1])
    left = math.hypot(along - air, across)
    along, across = (round(value, 1) + 0.0 for value in (along, across))
    said = (
        f"At a zenith angle of {90 - elevation:.2f} deg (EL) air draws {ENDS[0]:g} and {ENDS[1]:g} um {air:.1f} mas "
        f"apart, but prisms at {a.value:g} and {b.value:g} deg ({a.source}, {b.source}) take out {along:.1f} mas "
        f"towards the zenith (PARANG) and {across:.1f} mas across: they leave a fraction of"
    )
    keywords = ("EL", "PARANG", a.source, b.source, strength.source)
    return held("adc_zenith", keywords, left / air, said, "Look whether the corrector followed the telescope.")
