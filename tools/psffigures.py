"""What a star's figures are read off: the star, and its profile beside that of a perfect one."""

from collections.abc import Mapping
from typing import ClassVar

from goodbad import FigureMaker, Look, Side

from calgui.core.frames.fits import read_frame
from calgui.core.runs.run import run_files


class PsfMaker(FigureMaker):
    """Makes the sides of this figure."""

    figures: ClassVar[Mapping[str, str]] = {"algorithms/measure-psf": "star"}

    def star(self) -> tuple[Side, ...]:
        """The PSF star of the night, and its profile."""
        path = self.night.raw / "iris_20260311_psfstar_0001.fits"
        result = run_files("measure-psf", [path]).result
        (profile,) = [curve for curve in result.curves if curve.title == "Profile"]
        x, y = (float(result.metrics[key].value or 0) for key in ("x_pixel", "y_pixel"))
        look = Look(read_frame(path), "log", "min-max", part=(x, y, 160.0))
        return Side(None, "the PSF star of the demo night", look), Side(
            None, "its profile and the perfect one", profile
        )
