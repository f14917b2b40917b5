"""What flats are made of, and what they do: illumination and pixels, slices, an image before and after."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from goodbad import FigureMaker, Look, Side

from calgui.core.algorithms.registry import Result
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.runs.run import run_files
from calgui.core.simulate.kinds.mosaic import LAMP, slicer_name

_FLATS = (1, 2, 3, 6)


class FlatMaker(FigureMaker):
    """Makes the sides of these figures."""

    figures: ClassVar[Mapping[str, str]] = {
        "calibrations/flat-parts": "parts",
        "calibrations/flat-slicer": "slicer",
        "algorithms/flat-field": "divided",
    }

    def flat(self, normalization: str, *, split: bool = False) -> Result:
        """The flat in K of the demo night."""
        files = [self.night.raw / f"iris_20260311_flat_{number:04d}.fits" for number in _FLATS]
        return run_files("normalize-flat", files, {"normalization": normalization, "split": split}).result

    def parts(self) -> tuple[Side, ...]:
        """A flat, and the two things that it is the product of."""
        made = self.flat("median", split=True)
        assert made.frame is not None
        between = (0.88, 1.08)
        planes = [Frame(np.array(made.planes[name]), path=Path(name)) for name in ("ILLUM", "PIXFLAT")]
        return (
            Side(True, "the flat", Look(replace(made.frame, path=Path("SCI")), between=between)),
            Side(None, "its smooth illumination", Look(planes[0], between=between)),
            Side(None, "the response of its pixels", Look(planes[1], between=between)),
        )

    def slicer(self) -> tuple[Side, ...]:
        """A flat of the slicer before and after its spectrum was taken out."""
        files = [self.night.raw / slicer_name(number) for number in range(len(LAMP))]
        made = run_files("normalize-slicer-flat", files).result.frame
        assert made is not None
        before = read_frame(files[0])
        return (
            Side(None, "lamp, filter and grating", Look(before, between=(0.0, 2000.0))),
            Side(True, "the response of the pixels", Look(replace(made, path=Path("SCI")), between=(0.94, 1.06))),
        )

    def divided(self) -> tuple[Side, ...]:
        """A frame of the lamp before and after."""
        path = self.night.raw / "iris_20260311_flat_0002.fits"
        before = read_frame(path)
        flat = self.night.cache / "references" / "tmt" / "iris" / "tmt_iris_flat_0005.fits"
        after = run_files("flat-field", [path], references={"FLAT": flat}).result.frame
        assert after is not None
        between, part = (1700.0, 2050.0), (330.0, 330.0, 250.0)
        marked = frozenset({"NO_FLAT_FIELD"})
        return (
            Side(None, "before", Look(before, between=between, part=part)),
            Side(
                True, "after; pixels without a flat are flagged", Look(after, "linear", "zscale", between, part, marked)
            ),
        )
