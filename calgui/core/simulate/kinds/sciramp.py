"""Raw ramps of the field of stars: what the quick look begins with, with the light that it is to find."""

from collections.abc import Mapping, Sequence
from typing import Any

from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure, wcs
from calgui.core.simulate.kinds.dark import ramp_hdus
from calgui.core.simulate.kinds.science import field
from calgui.core.simulate.noise import Window
from calgui.core.simulate.scene import NIGHT, Exposure, Hdu, Kind, Scene
from calgui.core.simulate.telescope import on_sky

FILTER, READS = "K", 10
FULL, SUBARRAY = (f"iris_{NIGHT}_sciramp_{number:04d}.fits" for number in (1, 2))
#: the sky of the ramps, relative to the table's: the reference has to be scaled
SKY = 1.04
#: file -> start, seconds between reads
_MADE = {FULL: ("2026-03-11T14:30:00", 10.0), SUBARRAY: ("2026-03-11T14:34:00", 2.0)}


def window_of(scene: Scene, name: str) -> Window:
    """What a ramp reads.

    Parameters
    ----------
    scene : Scene
        The night.
    name : str
        `FULL` or `SUBARRAY`.

    Returns
    -------
    Window
    """
    return scene.ramp if name == FULL else scene.custom


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for name, (start, step) in _MADE.items():
        window = window_of(scene, name)
        header = exposure(
            scene, name, "IMAGE", start, seconds=READS * step, filter=FILTER, window=window, groups=(READS, step)
        )
        header |= on_sky(start)
        place = wcs(scene, window=window)

        def make(
            scene: Scene,
            name: str = name,
            step: float = step,
            window: Window = window,
            place: Mapping[str, Any] = place,
        ) -> tuple[Sequence[Hdu], Mapping[str, Any]]:  # fmt: skip
            light = field(scene, FILTER, sky=SKY)[window.slices]
            hdus, truth = ramp_hdus(scene, name, light, READS, step, window)
            hdus[0].header.update(place)  # type: ignore[attr-defined]
            return hdus, truth

        made.append(Exposure(name, header, make))
    return made


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "full": FULL,
        "subarray": SUBARRAY,
        "filter": FILTER,
        "sky_rate_e_per_s": round(FILTERS[FILTER].sky_rate * SKY, 6),
        "stars": "those of science, without a dither",
    }


KIND = Kind("sciramp", _exposures, truth=_truth)
