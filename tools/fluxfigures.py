"""The growth of flux stars: one that is good, one that saturates."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from goodbad import FigureMaker, Side

from calgui.core.algorithms.registry import Curve
from calgui.core.runs.run import run_files


class FluxMaker(FigureMaker):
    """Makes the sides of figures of flux stars."""

    figures: ClassVar[Mapping[str, str]] = {"algorithms/extract-star": "growth"}

    def growth(self) -> tuple[Side, ...]:
        """Curves of growth of the second and the third exposure."""
        return (
            Side(True, "growth of the star in 6 s", self._curve(2)),
            Side(False, "of one that saturates: late", self._curve(3)),
        )

    def _curve(self, number: int) -> Curve:
        raw = self.night.raw / f"iris_20260311_fluxstar_{number:04d}.fits"
        image = self.work / f"figures_flux_{number}.fits"
        run_files("quick-look", [raw], cache=self.night.cache, out=image, overwrite=True)
        result = run_files("extract-star", [image], {"flux_radius": 400}).result
        return replace(
            next(curve for curve in result.curves if "growth" in curve.title.lower()), y_label="Light within"
        )
