"""The corrector of atmospheric dispersion: two prisms that turn, set for an air that is not quite the night's."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.spectro.air import Weather, refraction

Floats = npt.NDArray[np.float64]

#: the air that the prisms' glasses follow: a median night of Mauna Kea
DESIGN = Weather(615.0, 2.0, 20.0)
#: wavelengths between which the strength of a prism is told, µm
ENDS = (1.0, 2.4)


@dataclass(frozen=True)
class Prisms:
    """Two prisms, each of which draws a star out along one direction.

    Attributes
    ----------
    a, b : float
        Direction on the picture, degrees from x towards y, into which each moves longer wavelengths.
    strength : float
        How far each moves 2.4 µm from 1 µm, mas.
    """

    a: float
    b: float
    strength: float

    @classmethod
    def set_for(cls, zenith: float, distance: float, weather: Weather, strength: float, turned: float) -> "Prisms":
        """Prisms that take out the dispersion of some air.

        Parameters
        ----------
        zenith : float
            Direction of the zenith on the picture, degrees from x towards y.
        distance : float
            Zenith angle, degrees.
        weather : Weather
            What they are told of the air.
        strength : float
            Of each, mas.
        turned : float
            By how many degrees they miss the direction.

        Returns
        -------
        Prisms
            Which take out what air makes between 1 and 2.4 µm.
        """
        wanted = float(-np.diff(refraction(np.array(ENDS), weather, distance))[0])
        half = math.degrees(math.acos(min(wanted / (2 * strength), 1.0)))
        return cls(zenith + turned + half, zenith + turned - half, strength)

    def shift(self, wavelength: Floats, reference: float) -> tuple[Floats, Floats]:
        """Where a star is moved to.

        Parameters
        ----------
        wavelength : ndarray of float64
            µm.
        reference : float
            Wavelength that stays, µm.

        Returns
        -------
        tuple of ndarray of float64
            Along x and y of the picture, mas.
        """
        ends = refraction(np.array(ENDS), DESIGN, 45.0)
        glass = refraction(wavelength, DESIGN, 45.0) - refraction(np.array([reference]), DESIGN, 45.0)
        red = -self.strength * glass / (ends[0] - ends[1])
        angles = [math.radians(self.a), math.radians(self.b)]
        return red * sum(math.cos(angle) for angle in angles), red * sum(math.sin(angle) for angle in angles)
