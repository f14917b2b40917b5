"""Which way the zenith is: on the sky by the parallactic angle, and on a picture by how that lies on the sky."""

import math
from dataclasses import dataclass

import numpy as np

from calgui.core.atmosphere.ciddor import Floats


def parallactic_angle(hour_angle: float, declination: float, latitude: float) -> float:
    """Position angle of the zenith at a star.

    Parameters
    ----------
    hour_angle : float
        Degrees, positive in the west.
    declination, latitude : float
        Degrees.

    Returns
    -------
    float
        Degrees, from north through east: positive in the west, where the zenith is on the eastern side of the star.
    """
    angle, dec, lat = (math.radians(value) for value in (hour_angle, declination, latitude))
    across = math.cos(lat) * math.sin(angle)
    along = math.sin(lat) * math.cos(dec) - math.cos(lat) * math.sin(dec) * math.cos(angle)
    return math.degrees(math.atan2(across, along))


@dataclass(frozen=True)
class Orientation:
    """How a picture lies on the sky.

    Attributes
    ----------
    north, east : tuple of float
        Unit vectors of the two directions, (x, y) in pixels.
    """

    north: tuple[float, float]
    east: tuple[float, float]

    def to_picture(self, along: Floats, across: Floats, position_angle: float) -> tuple[Floats, Floats]:
        """From a direction on the sky to x and y.

        Parameters
        ----------
        along, across : ndarray of float64
            Towards a direction on the sky, and at right angles to it, from it as east is from north.
        position_angle : float
            Of that direction, from north through east, degrees: of the zenith the parallactic angle.

        Returns
        -------
        tuple of ndarray of float64
            x and y, in the unit of the input.
        """
        angle = math.radians(position_angle)
        north = along * math.cos(angle) - across * math.sin(angle)
        east = along * math.sin(angle) + across * math.cos(angle)
        return (
            np.asarray(north * self.north[0] + east * self.east[0], np.float64),
            np.asarray(north * self.north[1] + east * self.east[1], np.float64),
        )

    def to_sky(self, x: Floats, y: Floats, position_angle: float) -> tuple[Floats, Floats]:
        """The inverse of `to_picture`.

        Parameters
        ----------
        x, y : ndarray of float64
            On the picture.
        position_angle : float
            See `to_picture`.

        Returns
        -------
        tuple of ndarray of float64
            Along and across.
        """
        one, two = np.array([1.0]), np.array([0.0])
        (a, b), (c, d) = (
            (float(v[0]) for v in self.to_picture(p, q, position_angle)) for p, q in ((one, two), (two, one))
        )
        determinant = a * d - b * c
        return (
            np.asarray((d * x - c * y) / determinant, np.float64),
            np.asarray((a * y - b * x) / determinant, np.float64),
        )


def upright(position_angle: float) -> Orientation:
    """A picture that is not mirrored: with north up, east is on the left.

    Parameters
    ----------
    position_angle : float
        Of its y axis, from north through east, degrees.

    Returns
    -------
    Orientation
    """
    angle = math.radians(position_angle)
    return Orientation((math.sin(angle), math.cos(angle)), (-math.cos(angle), math.sin(angle)))
