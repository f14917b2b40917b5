"""What good and bad look like where the sky of images is taken off."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
from goodbad import FigureMaker, Look, Side

from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.runs.run import run_files

#: values drawn darkest and brightest, e-/s
_BETWEEN = (-0.6, 1.2)


class SkyMaker(FigureMaker):
    """Makes the sides of figures of the sky of images."""

    figures: ClassVar[Mapping[str, str]] = {
        "algorithms/subtract-sky": "field",
        "calibrations/sky-airglow": "airglow",
    }

    def field(self) -> tuple[Side, ...]:
        """A crowded field less its running sky, and less a median that nothing was masked in."""
        paths = sorted(self.night.raw.glob("iris_20260311_field_*.fits"))
        made = run_files("subtract-sky", paths).result.frame
        assert made is not None
        frames = [read_frame(path) for path in paths]
        levels = [float(np.median(frame.data[4:-4, 4:-4])) for frame in frames]
        pairs = zip(frames, levels, strict=True)
        plain = levels[0] * np.median([frame.data / level for frame, level in pairs], axis=0)
        eaten = Frame((frames[0].data - plain).astype(np.float32), None, None, made.header, made.path)
        return (
            Side(True, "the running sky, sources masked", Look(_flagged_out(made), between=_BETWEEN)),
            Side(False, "a plain median: the nebula is eaten", Look(_flagged_out(eaten), between=_BETWEEN)),
        )

    def airglow(self) -> tuple[Side, ...]:
        """How the level of the sky went during a set."""
        paths = sorted(self.night.raw.glob("iris_20260311_field_*.fits"))
        (curve,) = [one for one in run_files("subtract-sky", paths).result.curves if "time" in one.title]
        return (Side(None, "airglow during the five exposures", replace(curve)),)


def _flagged_out(frame: Frame) -> Frame:
    """The same without data quality, whose colours would hide what is meant."""
    return Frame(frame.data, None, None, frame.header, frame.path)
