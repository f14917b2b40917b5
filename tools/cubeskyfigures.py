"""What good and bad look like where the sky of a cube is taken off."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from goodbad import FigureMaker, Side

from calgui.core.algorithms.registry import Curve
from calgui.core.runs.run import run_files


class CubeSkyMaker(FigureMaker):
    """Makes the sides of figures of the sky of cubes."""

    figures: ClassVar[Mapping[str, str]] = {
        "algorithms/sky-cubes": "residuals",
        "algorithms/sky-cubes-families": "families",
    }

    def _curves(self, **options: object) -> tuple[Curve, ...]:
        files = [self.night.raw / f"iris_20260311_{name}_0001.fits" for name in ("cube", "skycube")]
        return run_files("subtract-sky", files, options).result.curves

    def residuals(self) -> tuple[Side, ...]:
        """Lines that leave their noise, and those of a sky that was subtracted as it was."""
        made = self._curves()[1]
        after = {name: made.lines[name] for name in ("after", "expected noise")}
        before = {"before": made.lines["before"], "expected noise": made.lines["expected noise"]}
        return (
            Side(True, "moved, and scaled family by family", replace(made, lines=after)),
            Side(False, "the sky as it was", replace(made, lines=before)),
        )

    def families(self) -> tuple[Side, ...]:
        """One scale for each family, and one for all."""
        good, bad = self._curves()[0], self._curves(families=False)[0]
        return (
            Side(True, "each family by its own scale", good),
            Side(False, "one scale for all lines", bad),
        )
