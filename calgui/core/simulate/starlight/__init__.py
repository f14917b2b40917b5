"""Stars of the demo night: their light through TMT's pupil and what adaptive optics leaves of the turbulence.

No model that an algorithm fits is in it, and nothing of `calgui.core.optics` but the file that describes the pupil.
"""

from calgui.core.simulate.starlight.light import StarLight, star_light
from calgui.core.simulate.starlight.measuring import Measures, measures
from calgui.core.simulate.starlight.placing import add_light, star_image

__all__ = ["Measures", "StarLight", "add_light", "measures", "star_image", "star_light"]
