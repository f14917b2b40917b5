"""What good and bad look like where the sky of a cube is taken off."""

from collections.abc import Callable
from dataclasses import replace

from goodbad import Side

from calgui.core.algorithms.registry import Curve
from calgui.core.runs.run import run_files
from calgui.core.simulate import DemoNight


class CubeSkyMaker:
    """Makes the sides of figures of the sky of cubes.

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
        return {"algorithms/sky-cubes": self.residuals, "algorithms/sky-cubes-families": self.families}

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
