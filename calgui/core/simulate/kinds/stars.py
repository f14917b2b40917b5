"""One bright point each: the PSF star, the flux calibration star and the fiber, with their references."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure, wcs
from calgui.core.simulate.kinds.common import (
    DETECTOR,
    FILTER,
    FIRST,
    SEES_LIGHT,
    from_second,
    image_exposure,
    image_reference,
    mean_planes,
    reference_name,
)
from calgui.core.simulate.kinds.onestar import light_through, star_picture
from calgui.core.simulate.scene import (
    IMAGER,
    NIGHT,
    SPECTROGRAPH,
    Entries,
    Exposure,
    Image,
    Kind,
    Reference,
    Rules,
    Scene,
)
from calgui.core.simulate.starlight import StarLight, measures, star_light
from calgui.core.simulate.telescope import on_sky


@dataclass(frozen=True)
class Point:
    """One kind of point source.

    Attributes
    ----------
    key : str
        Of the catalogue; upper case it is the reference type.
    start : str
        UTC of the exposure.
    magnitude : float
        K, Vega; of the fiber as if it were a star.
    strehl : float
        Ratio that is aimed at; 1 for no turbulence.
    offset : tuple of float
        From the middle of the detector, pixels.
    sky : bool
        Whether it is seen through the sky.
    filters : str
        Filter part of its rule.
    """

    key: str
    start: str
    magnitude: float
    strehl: float
    offset: tuple[float, float]
    sky: bool
    filters: str

    @property
    def file(self) -> str:
        """Name of its exposure."""
        return f"iris_{NIGHT}_{self.key}_0001.fits"


#: where no bad pixel lies in their cores on a detector of 512 pixels
POINTS = (
    Point("psfstar", "2026-03-11T13:40:00", 16.2, 0.70, (-3.73, -6.61), True, "*"),
    Point("fluxstar", "2026-03-11T13:45:00", 15.8, 0.62, (-8.43, 6.18), True, "H|HBB|K|KN3"),
    Point("fiber", "2026-03-11T02:40:00", 16.0, 1.0, (-3.64, -7.18), False, "*"),
)
SECONDS = 10.0
#: the fiber: its diameter as a disk on the sky, and what the optics of the instrument leave
FIBER_MAS, FIBER_NM = 4.0, 60.0
_DETECTORS = f"{SPECTROGRAPH}|{IMAGER}"


def light_of(point: Point) -> StarLight:
    """Its light through the optics.

    Parameters
    ----------
    point : Point
        The source.

    Returns
    -------
    StarLight
    """
    if point.sky:
        return light_through("K", point.strehl, point.start)
    band = (FILTERS["K"].wavemin, FILTERS["K"].wavemax)
    return star_light(band, point.strehl, source_mas=FIBER_MAS, fixed_nm=FIBER_NM)


def _light(scene: Scene, point: Point) -> FloatMap:
    return star_picture(scene, "K", point.magnitude, point.offset, light_of(point), sky=point.sky)


def _exposure(scene: Scene, point: Point) -> Exposure:
    header = exposure(
        scene,
        point.file,
        point.key.upper(),
        point.start,
        seconds=SECONDS,
        filter="K",
        lamp="NONE" if point.sky else "WHITE",
    )
    if point.sky:
        header |= on_sky(point.start, f"DEMO {point.key.upper()}")
    return image_exposure(
        header, lambda scene: _light(scene, point), wcs=wcs(scene, *point.offset) if point.sky else None
    )


def _reference(point: Point) -> Reference:
    kind = point.key.upper()

    def make(scene: Scene) -> tuple[Image, Image, Image]:
        chip = scene.detector(IMAGER)
        rate = _light(scene, point) * chip.active
        return mean_planes(scene, rate, SECONDS, 9, f"{kind} reference", chip.mask())

    return image_reference(
        1,
        kind,
        FIRST,
        f"{point.key} at K, 9 frames of {SECONDS:g} s",
        make,
        detector=_DETECTORS,
        unit="electron/s",
        extra={
            "FILTER": ("ANY" if point.filters == "*" else point.filters, "filters that it serves"),
            "NCOMBINE": (9, "number of frames combined"),
        },
    )


def _rules(point: Point) -> Sequence[Rules]:
    kind = point.key.upper()
    entries: Entries = {(_DETECTORS, point.filters): {FIRST: reference_name(kind, 1)}}
    return (Rules(kind, (DETECTOR, FILTER), from_second(entries), SEES_LIGHT),)


def _truth(scene: Scene, point: Point) -> Mapping[str, Any]:
    middle = (scene.size - 1) / 2
    source = {} if point.sky else {"source_mas": FIBER_MAS, "fixed_wavefront_nm": FIBER_NM}
    return {
        "file": point.file,
        "x_pixel": middle + point.offset[0],
        "y_pixel": middle + point.offset[1],
        "flux_e_per_s": round(FILTERS["K"].electrons(point.magnitude), 4),
        "k_mag_vega": point.magnitude,
        **measures(light_of(point)).truth(),
        **source,
    }


def _kind(point: Point) -> Kind:
    return Kind(
        point.key,
        lambda scene: (_exposure(scene, point),),
        lambda scene: (_reference(point),),
        lambda scene: _rules(point),
        lambda scene: _truth(scene, point),
    )


KIND_LIST = tuple(_kind(point) for point in POINTS)
