"""A distortion as a map, and the grid of pinholes before and after it is taken out."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from goodbad import FigureMaker, Look, Side

from calgui.core.algorithms.distortion.sip import read_sip
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import merged, read_headers
from calgui.core.runs.run import run_files


class DistortionMaker(FigureMaker):
    """Makes the sides of these figures."""

    figures: ClassVar[Mapping[str, str]] = {
        "algorithms/distortion-solution": "solution",
        "algorithms/rectify": "rectified",
    }

    @property
    def path(self) -> Path:
        """The first pinhole grid."""
        return self.night.raw / "iris_20260311_pinhole_0001.fits"

    def made(self) -> Path:
        """The solution of the first pinhole grid, as a file."""
        out = self.work / "figures_distortion.fits"
        run_files("distortion-solution", [self.path], {"order": "3"}, out=out, overwrite=True)
        return out

    def solution(self) -> tuple[Side, ...]:
        """The grid, and by how much it is shifted."""
        hdus = read_headers(self.made())
        sip = read_sip(merged(hdus[0], hdus[1]))
        picture = read_frame(self.path)
        y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float64)
        at_x, at_y = sip.ideal(x, y)
        shifts = [Frame((seen - ideal).astype(np.float32), path=Path(name)) for seen, ideal, name in
                  ((x, at_x, "along x"), (y, at_y, "along y"))]  # fmt: skip
        return (
            Side(None, "pinholes", Look(picture, between=(-2, 120))),
            Side(None, "shift along x, -3 to 3 pixels", Look(shifts[0], between=(-3.0, 3.0))),
            Side(None, "shift along y", Look(shifts[1], between=(-3.0, 3.0))),
        )

    def rectified(self) -> tuple[Side, ...]:
        """A corner of the grid before and after."""
        after = run_files("rectify", [self.path], references={"DISTORTION": self.made()}).result.frame
        assert after is not None
        part = (400.0, 400.0, 200.0)
        return (
            Side(None, "before", Look(read_frame(self.path), between=(-2, 120), part=part)),
            Side(True, "rectified: rows and columns are straight", Look(after, between=(-2, 120), part=part)),
        )
