"""The growth of flux stars: one that is good, one that saturates."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from goodbad import Side

from calgui.core.algorithms.registry import Curve
from calgui.core.runs.run import run_files
from calgui.core.simulate import DemoNight


class FluxMaker:
    """Makes the sides of figures of flux stars.

    Parameters
    ----------
    night : DemoNight
        Made with its usual size and seed.
    """

    def __init__(self, night: DemoNight) -> None:
        self.night = night

    def all(self) -> dict[str, Callable[[], tuple[Side, ...]]]:
        """The figures by the names of their files, below the folder of the pictures.

        Returns
        -------
        dict
        """
        return {"algorithms/extract-star": self.growth}

    def growth(self) -> tuple[Side, ...]:
        """Curves of growth of the second and the third exposure."""
        return (
            Side(True, "growth of the star in 6 s", self._curve(2)),
            Side(False, "of one that saturates: late", self._curve(3)),
        )

    def _curve(self, number: int) -> Curve:
        raw = self.night.raw / f"iris_20260311_fluxstar_{number:04d}.fits"
        with tempfile.TemporaryDirectory(prefix="calgui-flux-") as work:
            image = Path(work) / "image.fits"
            run_files("quick-look", [raw], cache=self.night.cache, out=image)
            result = run_files("extract-star", [image], {"flux_radius": 400}).result
        return replace(
            next(curve for curve in result.curves if "growth" in curve.title.lower()), y_label="Light within"
        )
