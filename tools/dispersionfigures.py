"""What the pages about dispersion show: a star beside the computed residual, and the trace of fibers."""

from collections.abc import Mapping
from typing import ClassVar

from goodbad import FigureMaker, Side

from calgui.core.runs.run import run_files


class DispersionMaker(FigureMaker):
    """Makes the sides of these figures."""

    figures: ClassVar[Mapping[str, str]] = {
        "algorithms/adc-residual": "star",
        "algorithms/instrument-dispersion": "fibers",
    }

    def star(self) -> tuple[Side, ...]:
        """A star whose corrector stands a little wrong, and one whose zenith is taken for where it is not."""
        path = self.night.raw / "iris_20260311_dispcube_0002.fits"
        made = {}
        for good, options in ((True, {}), (False, {"parallactic_angle": 63.7, "adc": "none"})):
            curves = run_files("adc-residual", [path], options).result.curves
            made[good] = next(curve for curve in curves if curve.title == "Shift towards the zenith")
        return (
            Side(True, "the star where air and prisms put it", made[True]),
            Side(False, "the wrong sign of the parallactic angle, and no prisms", made[False]),
        )

    def fibers(self) -> tuple[Side, ...]:
        """The traces of the night's fibers."""
        paths = sorted(self.night.raw.glob("iris_20260311_fibercube_*.fits"))
        curves = run_files("instrument-dispersion", paths).result.curves
        along = next(curve for curve in curves if curve.title == "Shift along x")
        left = next(curve for curve in curves if curve.title == "Residuals")
        return Side(None, "four fibers over the field", along), Side(None, "what polynomials of order 3 leave", left)
