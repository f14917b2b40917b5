"""What good and bad look like: bright stars and what they leave behind, and subarrays in their full frame."""

from collections.abc import Mapping
from typing import ClassVar

from goodbad import FigureMaker, Look, Side

from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.runs.run import run_files

_PART, _LEVELS = (153.0, 317.0, 40.0), (-0.5, 1.2)


class AfterglowMaker(FigureMaker):
    """Makes the sides of these figures."""

    figures: ClassVar[Mapping[str, str]] = {
        "algorithms/persistence": "persistence",
        "algorithms/subarrays": "subarrays",
    }

    def run(self, name: str, kind: str, count: int) -> tuple[Frame, Frame]:
        """The last of some exposures, or the only one, and what an algorithm makes of them."""
        files = [self.night.raw / f"iris_20260311_{kind}_{number:04d}.fits" for number in range(1, count + 1)]
        made = run_files(name, files).result.frame
        assert made is not None
        return read_frame(files[-1]), made

    def persistence(self) -> tuple[Side, ...]:
        """A dark after bright stars, before and after."""
        star = read_frame(self.night.raw / "iris_20260311_persist_0001.fits")
        before, after = self.run("persistence", "persist", 6)
        return (
            Side(None, "a bright star", Look(star, "asinh", "min-max", part=_PART)),
            Side(False, "a dark 290 s later: its afterglow", Look(before, between=_LEVELS, part=_PART)),
            Side(True, "the estimate is subtracted", Look(after, between=_LEVELS, part=_PART)),
        )

    def subarrays(self) -> tuple[Side, ...]:
        """A full frame whose subarrays are marked, and merged."""
        levels, part = (0.0, 30.0), (200.0, 200.0, 160.0)
        _, marked = self.run("mark-subarrays", "multi", 1)
        _, lacking = self.run("merge-subarrays", "multi", 2)
        _, merged = self.run("merge-subarrays", "multi", 3)
        bits = frozenset({"OUTLIER"})
        return (
            Side(None, "two subarrays are marked", Look(marked, "linear", "zscale", levels, part, bits)),
            Side(False, "one of them has no file", Look(lacking, "linear", "zscale", levels, part)),
            Side(True, "both are merged", Look(merged, "linear", "zscale", levels, part)),
        )
