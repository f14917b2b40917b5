"""Pictures of different sizes that arrive one after another in a grid."""

from collections.abc import Callable
from typing import Any

from astropy.io import fits

from calgui.core.simulate import DemoNight
from calgui.views.window import MainWindow


def test_a_picture_that_arrives_follows_the_others(
    window: MainWindow, demo_night: DemoNight, settled: Callable[[MainWindow], None]
) -> None:
    """The last of a restored comparison was a small subarray, and all others were zoomed to its size."""
    images = sorted(demo_night.raw.glob("*_image_*.fits"))
    small = [path for path in images if fits.getheader(path).get("SUBARRAY") == "CUSTOM"]
    whole = [path for path in images if path not in small]
    assert small
    window.session.keeping.restore(
        {"compare": {"way": "grid", "lock": "pixel", "paths": [str(path) for path in (*whole[:3], small[0])]}}
    )
    window.go("compare")
    settled(window)
    place: Any = window.place("compare")
    first = place.pictures.cells[0].view.canvas
    seen, extent = first.box_view.viewRect(), first.extent
    assert seen.contains(extent.adjusted(1, 1, -1, -1)), (seen, extent)
