"""What good and bad look like at the detector: ramps, responses, darks over time, bad pixels, cosmic rays."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from goodbad import FigureMaker, Look, Side

from calgui.core.algorithms.options import parse
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.pixel import PixelFits, pixel_of
from calgui.core.algorithms.registry import Curve, Result, algorithm
from calgui.core.frames import dq
from calgui.core.frames.fits import open_frame, read_frame
from calgui.core.frames.frame import FloatArray, Frame
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.runs.run import run_files

_NIGHT, _EARLIER = "iris_20260311_", "iris_20260305_"


class DetectorMaker(FigureMaker):
    """Makes the sides of figures that algorithms are run for."""

    figures: ClassVar[Mapping[str, str]] = {
        "algorithms/fit-ramp": "ramp",
        "algorithms/derive-nonlinearity": "nonlinearity",
        "algorithms/photon-transfer": "transfer",
        "algorithms/clean-cosmic-rays": "cosmic_rays",
        "algorithms/quick-look": "quick_look",
        "calibrations/dark-series": "series",
        "calibrations/dark-trend": "trend",
        "calibrations/mask-found": "bad_pixels",
    }

    def files(self, pattern: str, night: str = _NIGHT) -> list[Path]:
        """Exposures of the demo night."""
        return sorted(self.night.raw.glob(f"{night}{pattern}.fits"))

    def run(self, name: str, files: Sequence[Path], **options: Any) -> Result:
        """What an algorithm makes of files, with the references that the rules select."""
        return run_files(name, files, options, cache=self.night.cache).result

    # -- ramps -------------------------------------------------------------------------------------------------------

    def ramp(self) -> tuple[Side, ...]:
        """A pixel that a cosmic ray hit between two reads."""
        path = self.files("darkramp_0001")[0]
        ramp = read_frame(path)
        y, x = self.hit(self.run("fit-ramp", [path]), ramp.data[0] * np.float32(ramp.header["GAIN"]))
        coefficients = self.night.cache / "references" / "tmt" / "iris" / "tmt_iris_nonlincoeff_0001.fits"
        with open_frame(path) as frame, open_frame(coefficients, "COEFFS") as reference:
            fits = pixel_of(frame, {"NONLINCOEFF": reference}, FitRampConfig(), x, y)
        sides = []
        for method, good, text in (
            ("optimal", True, "optimal: the step is left out"),
            ("utr", False, "utr: the line runs through the step"),
        ):
            found = fits.lines[0][method]
            curve = Curve(
                f"Pixel {x}, {y}: {found.rate:.2f} ± {found.error:.2f} e-/s",
                "time since the reset (s)",
                "charge (e-)",
                {"reads": (fits.seconds, fits.straight[0]), "line": _drawn(fits, method)},
            )
            sides.append(Side(good, text, curve))
        return tuple(sides)

    @staticmethod
    def hit(result: Result, reads: FloatArray) -> tuple[int, int]:
        """Row and column of a pixel with one clear step, of some hundred electrons.

        Parameters
        ----------
        result : Result
            Of the fit.
        reads : ndarray of float32, shape (nread, ny, nx)
            Electrons.
        """
        frame = result.frame
        assert frame is not None
        assert frame.dq is not None
        jumped = (frame.dq & np.uint32(dq.JUMP_DET | dq.DO_NOT_USE | dq.SATURATED)) == np.uint32(dq.JUMP_DET)
        steps = np.sort(np.diff(reads, axis=0), axis=0)
        one = jumped & (steps[-2] < 40) & (steps[0] > -40)
        y, x = np.unravel_index(
            int(np.argmin(np.where(one, np.abs(np.log(np.maximum(steps[-1], 1) / 300)), np.inf))), one.shape
        )
        return int(y), int(x)

    def nonlinearity(self) -> tuple[Side, ...]:
        """As many terms as the response needs, and too few."""
        ramps = self.files("lampramp_000[1-4]")
        good, bad = self.run("derive-nonlinearity", ramps), self.run("derive-nonlinearity", ramps, terms=1)
        return (
            Side(True, "corrected ramps lie on a line", good.curves[1]),
            Side(False, "one term only: what is left after the correction", _line(bad.curves[1], "corrected", 0.05)),
        )

    def transfer(self) -> tuple[Side, ...]:
        """Light of two levels, and of one."""
        good, bad = (self.run("photon-transfer", self.files(f"lampramp_000[1-{last}]")) for last in (7, 4))
        return (
            Side(True, f"faint light, too: {_gain(good)}", good.curves[1]),
            Side(False, f"bright light alone: {_gain(bad)}", bad.curves[1]),
        )

    # -- darks -------------------------------------------------------------------------------------------------------

    def series(self) -> tuple[Side, ...]:
        """Darks of three times, and the same with charge added to those of one time."""
        paths = self.files("glowdark_*")
        frames = [read_frame(path) for path in paths]
        middle = float(np.median([frame.header["EXPTIME"] for frame in frames]))
        spoilt = [
            replace(frame, data=frame.data + np.float32(6.0 / _seconds(frame)))
            if frame.header["EXPTIME"] == middle
            else frame
            for frame in frames
        ]
        good, bad = (self.computed("dark-series", each) for each in (frames, spoilt))
        return (
            Side(True, "the slope is the dark current", good.curves[0]),
            Side(False, f"those of {middle:g} s lie 6 e- too high", bad.curves[0]),
        )

    def computed(self, name: str, frames: Sequence[Frame], **options: Any) -> Result:
        """What an algorithm makes of frames that are in no file."""
        how = algorithm(name)
        return how.run(frames, {}, parse(how.config, options), Job(how.title))

    def trend(self) -> tuple[Side, ...]:
        """The darks of the cache, and three of one night of which the last had a light leak."""
        cache = Cache.open(self.night.cache)
        good = run_files("dark-trend", self.files("image_0001"), cache=cache).result
        bad = self.run("dark-trend", self.files("dark_000[1-3]", _EARLIER), date="observed")
        cache.close()
        return (
            Side(True, "the darks of the demo's cache", good.curves[0]),
            Side(False, "5 March: light leaked into the newest", bad.curves[0]),
        )

    # -- pixels ------------------------------------------------------------------------------------------------------

    def bad_pixels(self) -> tuple[Side, ...]:
        """The median of the darks, and what was found in it and in the flats."""
        paths = [*self.files("dark_*"), *self.files("flat_000[1-3]")]
        frame = self.run("bad-pixel-map", paths).frame
        assert frame is not None
        frame = replace(frame, path=Path("bad_pixel_map.fits"))
        part = (255.0, 255.0, 60.0)
        marked = frozenset({"HOT", "WARM", "DEAD"})
        return (
            Side(None, "Median of nine darks", Look(frame, between=(-0.1, 1.0), part=part)),
            Side(
                None,
                "Hot, warm and dead pixels that were found",
                Look(frame, "linear", "zscale", (-0.1, 1.0), part, marked),
            ),
        )

    def cosmic_rays(self) -> tuple[Side, ...]:
        """An image before and after, and one whose dark was not subtracted."""
        raw = self.files("image_0004")[0]
        subtracted = self.work / "subtracted.fits"
        run_files("subtract-dark", [raw], cache=self.night.cache, out=subtracted, overwrite=True)
        before = read_frame(subtracted)
        after, bad = (run_files("clean-cosmic-rays", [path]).result.frame for path in (subtracted, raw))
        assert after is not None
        assert bad is not None
        part, marked, between = (182.0, 136.0, 60.0), frozenset({"JUMP_DET"}), (0.0, 20.0)
        return (
            Side(None, "Dark subtracted", Look(before, between=between, part=part)),
            Side(True, "hits are cleaned and flagged", Look(after, "linear", "zscale", between, part, marked)),
            Side(False, "no dark: hot pixels are taken", Look(bad, "linear", "zscale", between, part, marked)),
        )

    def quick_look(self) -> tuple[Side, ...]:
        """A raw ramp of stars, what the chain makes of it, and what is left where steps are off."""
        ramp = self.files("sciramp_0001")
        result, without = self.run("quick-look", ramp), self.run("quick-look", ramp, dark="off", flat="off")
        raw = next(stage.frame for stage in result.stages if stage.name == "raw")
        assert raw is not None
        assert result.frame is not None
        assert without.frame is not None
        part = (280.0, 280.0, 300.0)
        return (
            Side(None, "Reads: the last less the first", Look(raw, between=(2.0, 12.0), part=part)),
            Side(True, "all steps: stars on nothing", Look(result.frame, between=(-2.0, 8.0), part=part)),
            Side(False, "no dark, no flat: hot pixels stay", Look(without.frame, between=(-2.0, 8.0), part=part)),
        )


def _seconds(frame: Frame) -> float:
    """What a rate is multiplied with for electrons; 1 for electrons."""
    return float(frame.header["EXPTIME"]) if "/s" in frame.unit else 1.0


def _drawn(fits: PixelFits, method: str) -> tuple[Any, Any]:
    """The line of a method, once for each stretch of reads between its jumps."""
    line = fits.lines[0][method]
    reads, seconds = fits.straight[0], fits.seconds
    starts = [0, *np.flatnonzero(line.jumps).tolist(), len(seconds)]
    x, y = [], []
    for first, last in pairwise(starts):
        if last <= first:
            continue
        part = slice(first, last)
        level = float(np.mean(reads[part] - line.rate * seconds[part]))
        x += [*seconds[part], seconds[last - 1]]
        y += [*(level + line.rate * seconds[part]), np.nan]
    return np.array(x), np.array(y)


def _line(curve: Curve, name: str, least: float) -> Curve:
    """One line of a diagnostic, from a part of its highest signal on."""
    x, y = (np.asarray(values) for values in curve.lines[name])
    seen = x >= least * x.max()
    return replace(curve, lines={name: (x[seen], y[seen])})


def _gain(result: Result) -> str:
    metrics: Mapping[str, Any] = {key: metric.value for key, metric in result.metrics.items()}
    return (
        f"{metrics['gain_e_per_adu']:.3f} ± {metrics['gain_error_e_per_adu']:.3f} e-/adu, "
        f"{metrics['read_noise_e']:.2f} ± {metrics['read_noise_error_e']:.2f} e-"
    )
