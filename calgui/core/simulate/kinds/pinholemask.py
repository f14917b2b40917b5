"""The mask of the pinhole grid: its holes, how it stands, the optics' distortion, and the light that comes through."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import BORDER, FloatMap
from calgui.core.simulate.optics import PER_SIGMA, add_spot
from calgui.core.simulate.scene import NIGHT, Scene

RATE = 2000.0  # e-/s of a pinhole where the lamp is at its mean
FWHM = 2.4  # pixels
PITCH = 16.0  # pixels
MASK_ERROR = 0.006  # pixels rms per axis, of the holes in the mask
BLOCKED = 0.1  # part of the holes
FALSE = 0.05  # spots that are no pinholes, as a part of the pinholes that are seen
#: measured = ideal + distortion: in u, v from -1 to 1 about the middle, pixels of a detector of 4096 at the edge
TERMS_X = {(2, 0): 6.0, (1, 1): -3.0, (0, 2): 1.5, (3, 0): 8.0, (1, 2): 8.0}
TERMS_Y = {(2, 0): -2.0, (1, 1): 5.0, (0, 2): 3.0, (0, 3): 8.0, (2, 1): 8.0}
#: light of the lamp where it is brightest, and how fast it falls from there
BRIGHTEST, FALLS = 1.15, 0.2

Points = npt.NDArray[np.float64]


def distort(scene: Scene, x: Points, y: Points) -> tuple[Points, Points]:
    """From ideal to measured pixel.

    Parameters
    ----------
    scene : Scene
        The night.
    x, y : ndarray of float64
        Ideal place, pixels from 0.

    Returns
    -------
    x, y : ndarray of float64
        On the detector.
    """
    half = (scene.size - 1) / 2
    u, v, scale = x / half - 1, y / half - 1, scene.size / 4096
    dx = sum(value * u**i * v**j for (i, j), value in TERMS_X.items())
    dy = sum(value * u**i * v**j for (i, j), value in TERMS_Y.items())
    return x + scale * dx, y + scale * dy


@dataclass(frozen=True)
class Stand:
    """How the mask stood in one exposure: turned about the middle of the detector, then shifted.

    Attributes
    ----------
    number : int
        Of the exposure.
    start : str
        UTC.
    rotation : float
        Degrees, from +x towards +y.
    x, y : float
        Shift, pixels.
    """

    number: int
    start: str
    rotation: float
    x: float
    y: float

    @property
    def file(self) -> str:
        """Name of the exposure."""
        return f"iris_{NIGHT}_pinhole_{self.number:04d}.fits"


#: as the references were taken
HOME = Stand(0, "", 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Mask:
    """The open holes of the mask, larger than the detector.

    Attributes
    ----------
    i, j : ndarray of int
        Column and row of each.
    x, y : ndarray of float64
        True place from the middle of the mask, pixels.
    """

    i: npt.NDArray[np.int64]
    j: npt.NDArray[np.int64]
    x: Points
    y: Points


def offset(scene: Scene) -> float:
    """Of hole 0 from the middle of the mask: the grid lies evenly about it.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    float
        Pitches.
    """
    return 0.0 if int((scene.size - 2 * BORDER - PITCH) // PITCH) % 2 else 0.5


def mask(scene: Scene) -> Mask:
    """The mask.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    Mask
    """
    rng = scene.rng("pinhole mask")
    # turned by any angle it covers the detector
    reach = int(0.75 * scene.size / PITCH) + 4
    axis = np.arange(-reach, reach)
    i, j = (part.ravel() for part in np.meshgrid(axis, axis))
    error = MASK_ERROR * rng.standard_normal((2, i.size))
    is_open = rng.random(i.size) >= BLOCKED
    x, y = (PITCH * (part + offset(scene)) + off for part, off in zip((i, j), error, strict=True))
    return Mask(i[is_open], j[is_open], x[is_open], y[is_open])


def ideal_places(scene: Scene, stand: Stand) -> tuple[Points, Points]:
    """Where the open holes of the mask are seen without distortion.

    Parameters
    ----------
    scene : Scene
        The night.
    stand : Stand
        Of the mask.

    Returns
    -------
    x, y : ndarray of float64
        Pixels from 0, of the order of `mask`; those beyond the detector too.
    """
    holes, middle, angle = mask(scene), (scene.size - 1) / 2, np.radians(stand.rotation)
    cosine, sine = np.cos(angle), np.sin(angle)
    return (
        middle + stand.x + cosine * holes.x - sine * holes.y,
        middle + stand.y + sine * holes.x + cosine * holes.y,
    )


def grid(scene: Scene) -> tuple[Points, Points]:
    """Where the open holes of the mask should be that lie wholly on the detector at home.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    x, y : ndarray of float64
        Ideal place without the mask's errors, pixels from 0.
    """
    holes, middle = mask(scene), (scene.size - 1) / 2
    count = int((scene.size - 2 * BORDER - PITCH) // PITCH)
    x, y = (PITCH * (part + offset(scene)) for part in (holes.i, holes.j))
    inside = np.maximum(np.abs(x), np.abs(y)) <= PITCH * (count - 1) / 2 + 1e-6
    return middle + x[inside], middle + y[inside]


def illumination(scene: Scene, x: Points, y: Points) -> Points:
    """Light of the lamp: brightest off the middle, half of that in the far corner.

    Parameters
    ----------
    scene : Scene
        The night.
    x, y : ndarray of float64
        Pixels from 0.

    Returns
    -------
    ndarray of float64
        About 1.
    """
    half = (scene.size - 1) / 2
    u, v = x / half - 1, y / half - 1
    return np.asarray(BRIGHTEST - FALLS * ((u - 0.2) ** 2 + (v + 0.15) ** 2))


def false_spots(scene: Scene) -> npt.NDArray[np.float64]:
    """Ghosts and dust near the detector, which stay where they are when the mask moves.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        x, y, e-/s, FWHM. Two thirds of them anywhere, the others in one clump.
    """
    rng = scene.rng("pinhole false")
    count = round(FALSE * grid(scene)[0].size)
    low, high = BORDER + 2.0, scene.size - BORDER - 3.0
    x, y = rng.uniform(low, high, (2, count))
    clump = np.arange(count) >= round(count * 2 / 3)
    x[clump], y[clump] = (
        np.clip(scene.size * at + 0.04 * scene.size * rng.standard_normal(int(clump.sum())), low, high)
        for at in (0.72, 0.3)
    )
    rate = RATE * 10 ** rng.uniform(-1.0, 0.2, count)
    return np.round(np.stack([x, y, rate, rng.uniform(1.6, 6.0, count)], axis=1), 4)


def mask_light(scene: Scene, stand: Stand) -> FloatMap:
    """The mask lit from behind, with what else is seen.

    Parameters
    ----------
    scene : Scene
        The night.
    stand : Stand
        Of the mask.

    Returns
    -------
    ndarray of float32
        e-/s.
    """
    image = np.zeros((scene.size, scene.size), np.float32)
    x, y = distort(scene, *ideal_places(scene, stand))
    rate = RATE * illumination(scene, x, y)
    seen = (np.minimum(x, y) > -3 * FWHM) & (np.maximum(x, y) < scene.size - 1 + 3 * FWHM)
    for count, (at_x, at_y, light) in enumerate(zip(x[seen], y[seen], rate[seen], strict=True)):
        if count % 1000 == 0:
            scene.check()
        add_spot(image, float(at_x), float(at_y), float(light), FWHM / PER_SIGMA)
    for at_x, at_y, light, fwhm in false_spots(scene):
        add_spot(image, float(at_x), float(at_y), float(light), float(fwhm) / PER_SIGMA)
    return image
