"""What a dark series says as a whole: exposure times, amplifiers, night against day."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.darkseries.fit import Line
from calgui.core.algorithms.darkseries.groups import Group
from calgui.core.algorithms.darkseries.readnoise import read_variance, single_read_variance, typical_read_noise
from calgui.core.algorithms.frametable import moment
from calgui.core.algorithms.geometry import Region
from calgui.core.algorithms.noise import robust_sigma, thin
from calgui.core.algorithms.registry import Curve, Metric, Table
from calgui.core.frames.frame import FloatArray, FrameLike


@dataclass(frozen=True)
class Series:
    """Darks of several times with the line through them.

    Attributes
    ----------
    frames : sequence of FrameLike
        All darks.
    groups : sequence of Group
        By exposure time and reads.
    noises : sequence of float
        Of one frame of each group, e-.
    loads : sequence of float or None
        What the glow is multiplied by in each group.
    samples : sequence of ndarray of float32
        Of each frame the same light-sensitive pixels, in its unit.
    line : Line
        Of all pixels.
    good : ndarray of bool, shape (ny, nx)
        Light-sensitive pixels that have a line.
    """

    frames: Sequence[FrameLike]
    groups: Sequence[Group]
    noises: Sequence[float]
    loads: Sequence[float] | None
    samples: Sequence[FloatArray]
    line: Line
    good: npt.NDArray[np.bool_]

    def medians(self, group: Group) -> list[float]:
        """Median of each dark of a group.

        Parameters
        ----------
        group : Group
            Which.

        Returns
        -------
        list of float
            e- of one exposure.
        """
        return [float(np.nanmedian(self.samples[place])) * group.to_electrons for place in group.members]

    def median_error(self, group: Group, noise: float) -> float:
        """Error of the median of one dark.

        Parameters
        ----------
        group : Group
            Which.
        noise : float
            Of one of its darks, e-.

        Returns
        -------
        float
            e-: of its pixels, or, where that is more, as medians scatter in all groups, since rows and amplifiers have
            noise in common.
        """
        pixels = max(int(np.isfinite(self.samples[group.members[0]]).sum()), 1)
        white = 1.25 * noise / math.sqrt(pixels)
        squares = freedom = 0.0
        for other in self.groups:
            values = np.array(self.medians(other))
            if values.size > 1:
                squares += float(np.sum((values - values.mean()) ** 2))
                freedom += values.size - 1
        return max(white, math.sqrt(squares / freedom)) if freedom else white

    @property
    def of_what(self) -> str:
        """What the glow belongs to."""
        return "exposure" if self.loads is None or all(load == 1 for load in self.loads) else "read"


@dataclass(frozen=True)
class GroupRow:
    """What one exposure time says.

    Attributes
    ----------
    median, line, error : float
        Median counts, those of the line, and the error of the median, e-.
    read_noise : float or None
        Of a single read, e-.
    quiet : bool
        Whether the darks scatter less than photons of their counts would.
    """

    median: float
    line: float
    error: float
    read_noise: float | None
    quiet: bool


def group_rows(series: Series) -> list[GroupRow]:
    """Measure each exposure time.

    Parameters
    ----------
    series : Series
        With its line.

    Returns
    -------
    list of GroupRow
        In the order of the groups.
    """
    rate = float(np.median(thin(series.line.rate, series.good)))
    glow = float(np.median(thin(series.line.glow, series.good))) if series.line.glow is not None else 0.0
    loads = series.loads or [0.0] * len(series.groups)
    made = []
    for group, noise, load in zip(series.groups, series.noises, loads, strict=True):
        frame, values = series.frames[group.members[0]], series.medians(group)
        line = rate * group.seconds + glow * load
        variance = read_variance([series.samples[place] for place in group.members], group.to_electrons, line)
        of_read = single_read_variance(variance, group, frame) if variance else None
        error = series.median_error(group, noise) / math.sqrt(len(values))
        read_noise = math.sqrt(of_read) if of_read else None
        made.append(GroupRow(float(np.mean(values)), line, error, read_noise, variance == 0 and line > 0))
    return made


def series_metrics(
    series: Series, rows: Sequence[GroupRow], level: float, sigma: float, n_hot: int
) -> dict[str, Metric]:
    """The numbers of a series.

    Parameters
    ----------
    series : Series
        With its line.
    rows : sequence of GroupRow
        From `group_rows`.
    level, sigma : float
        Median and local noise of the dark current, e-/s.
    n_hot : int
        Hot pixels.

    Returns
    -------
    dict of str to Metric
    """
    line, good = series.line, series.good
    glow = float(np.median(thin(line.glow, good))) if line.glow is not None else None
    read_noise = typical_read_noise([row.read_noise for row in rows], series.noises, series.groups)
    chi = line.chi_square[good]
    chi = chi[np.isfinite(chi)]
    return {
        "median_rate_e_per_s": Metric(level, "e-/s", "Median dark current."),
        "noise_e_per_s": Metric(sigma, "e-/s", "Local noise of the dark current, 1.4826 MAD."),
        "glow_e": Metric(glow, "e-", f"Median of what does not grow with time: of each {series.of_what}."),
        "read_noise_e": Metric(read_noise, "e-", "Of a single read, from pairs of darks, photon noise taken out."),
        "hot_fraction": Metric(n_hot / max(int(good.sum()), 1), "", "Part of the light-sensitive pixels that are hot."),
        "median_chi_square": Metric(
            float(np.median(chi)) if chi.size else None, "", "Of the line, per degree of freedom."
        ),
        "n_frames": Metric(len(series.frames), "", "Darks."),
        "n_times": Metric(len({group.seconds for group in series.groups}), "", "Exposure times."),
    }


def night_and_day(series: Series, hours: tuple[float, float]) -> dict[str, Metric]:
    """Whether darks of the night differ from those of the day, of the same exposure time.

    Parameters
    ----------
    series : Series
        With its line.
    hours : tuple of float
        UTC at which the night begins and ends.

    Returns
    -------
    dict of str to Metric
        Empty where no exposure time has both.
    """
    shifts, errors = [], []
    for group, noise in zip(series.groups, series.noises, strict=True):
        by_night: dict[bool, list[float]] = {}
        for place in group.members:
            hour = _hour(series.frames[place])
            if hour is not None:
                value = float(np.nanmedian(series.samples[place])) * group.to_electrons / group.seconds
                by_night.setdefault(_in(hour, *hours), []).append(value)
        if len(by_night) == 2:
            shifts.append(float(np.mean(by_night[True]) - np.mean(by_night[False])))
            pixels = max(int(np.isfinite(series.samples[group.members[0]]).sum()), 1)
            # not by the scatter of all: the two halves may differ, which is the question
            one = 1.25 * noise / group.seconds / math.sqrt(pixels)
            one = max(one, *(float(np.std(part, ddof=1)) for part in by_night.values() if len(part) > 1), 0.0)
            errors.append(one * math.sqrt(1 / len(by_night[True]) + 1 / len(by_night[False])))
    if not shifts:
        return {}
    weights = 1 / np.square(errors)
    return {
        "night_minus_day_e_per_s": Metric(
            float(np.average(shifts, weights=weights)), "e-/s", "Darks of the night less those of the day."
        ),
        "night_minus_day_error_e_per_s": Metric(float(1 / np.sqrt(weights.sum())), "e-/s", "Its error."),
    }


def _hour(frame: FrameLike) -> float | None:
    try:
        hour, minute = moment(frame).split("T")[1].split(":")[:2]
        return int(hour) + int(minute) / 60
    except (IndexError, ValueError):
        return None


def _in(hour: float, start: float, stop: float) -> bool:
    return start <= hour < stop if start <= stop else hour >= start or hour < stop


def times_table(series: Series, rows: Sequence[GroupRow], odd: tuple[int, ...]) -> Table:
    """A row for each exposure time.

    Parameters
    ----------
    series : Series
        With its line.
    rows : sequence of GroupRow
        From `group_rows`.
    odd : tuple of int
        Those that stand out.

    Returns
    -------
    Table
    """
    return Table(
        "Exposure times",
        ("time (s)", "reads", "frames", "median (e-)", "line (e-)", "noise of a frame (e-)", "read noise (e-)"),
        tuple(
            (group.seconds, group.reads, len(group.members), row.median, row.line, noise, row.read_noise)
            for group, row, noise in zip(series.groups, rows, series.noises, strict=True)
        ),
        odd,
    )


def amplifier_table(series: Series, region: Region, width: int) -> Table:
    """Dark current and glow of each amplifier.

    Parameters
    ----------
    series : Series
        With its line.
    region : Region
        Where the image lies on the detector.
    width : int
        Columns of an amplifier.

    Returns
    -------
    Table
        Amplifiers that stand out by five robust spreads and a tenth are marked.
    """
    rows = []
    for left in range(-(region.x % width), region.nx, width):
        part = slice(max(left, 0), min(left + width, region.nx))
        values = series.line.rate[:, part][series.good[:, part]]
        if values.size:
            glow = series.line.glow[:, part][series.good[:, part]] if series.line.glow is not None else None
            rows.append(
                (
                    f"{part.start + region.x}–{part.stop - 1 + region.x}",
                    float(np.median(values)),
                    robust_sigma(values),
                    float(np.median(glow)) if glow is not None else None,
                )
            )
    medians = np.array([row[1] for row in rows])
    usual = float(np.median(medians))
    odd = np.flatnonzero(np.abs(medians - usual) > max(5 * robust_sigma(medians), 0.1 * abs(usual)))
    columns = "columns", "dark current (e-/s)", "sigma (e-/s)", "glow (e-)"
    return Table("Amplifiers", columns, tuple(rows), tuple(odd.tolist()))


def line_curve(series: Series, rows: Sequence[GroupRow]) -> Curve:
    """Median counts against exposure time.

    Parameters
    ----------
    series : Series
        With its line.
    rows : sequence of GroupRow
        From `group_rows`.

    Returns
    -------
    Curve
    """
    seconds = np.array([group.seconds for group in series.groups])
    lines = {
        "measured": (seconds, np.array([row.median for row in rows])),
        "line": (seconds, np.array([row.line for row in rows])),
    }
    return Curve("Darks and their line", "exposure time (s)", "median (e-)", lines, points=("measured",))
