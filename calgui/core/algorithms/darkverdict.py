"""Is a master dark good? The verdict, each reason a sentence with its numbers."""

from collections.abc import Mapping, Sequence

from calgui.core.algorithms.agreement import unchecked
from calgui.core.algorithms.exposure import Scale, file_name
from calgui.core.algorithms.known import number_of
from calgui.core.algorithms.local import LocalStatistics
from calgui.core.algorithms.registry import Metric, Verdict
from calgui.core.frames.frame import FrameLike


def judge(
    frames: Sequence[FrameLike],
    scale: Scale,
    metrics: Mapping[str, Metric],
    odd: Mapping[int, str],
    local: LocalStatistics,
) -> tuple[Verdict, tuple[str, ...]]:
    """Judge a master dark.

    Parameters
    ----------
    frames : sequence of FrameLike
        The darks that were combined.
    scale : Scale
        Their unit and exposure time.
    metrics : mapping of str to Metric
        ``hot_fraction``, ``unusable_fraction``, ``median_rate_e_per_s``, ``noise_e_per_s``.
    odd : mapping of int to str
        Frames that stand out, and why.
    local : LocalStatistics
        Level and noise of the master in tiles.

    Returns
    -------
    verdict : str
        ``good``, ``doubtful`` or ``bad``.
    reasons : tuple of str
        Sentences with their numbers, the worst first.
    """
    bad: list[str] = []
    doubtful: list[str] = []
    for index, why in sorted(odd.items()):
        doubtful.append(f"{file_name(frames[index])} stands out: {why}.")
    if 2 * len(odd) >= len(frames):
        bad.append("At least half of the frames do not agree with the others.")
    if local.typical_sigma == 0:
        bad.append("The master has no noise at all: the frames are constant or copies of one another.")
    hot, lost = number_of(metrics["hot_fraction"]), number_of(metrics["unusable_fraction"])
    if hot > 0.05:
        bad.append(f"{100 * hot:.1f} % of the pixels are hot: the detector is warm, or this is no dark.")
    if lost > 0.05:
        bad.append(f"{100 * lost:.1f} % of the pixels have no good sample.")
    level, noise = number_of(metrics["median_rate_e_per_s"]), number_of(metrics["noise_e_per_s"])
    if level < -noise:
        doubtful.append(f"The median rate is negative ({level:.4g} e-/s): the bias was not taken out rightly.")
    doubtful += _not_darks(frames)
    missing = unchecked(frames)
    if missing:
        doubtful.append(f"Not compared among the frames, because no header says it: {'; '.join(missing)}.")
    if scale.keyword == "option":
        doubtful.append(f"The exposure time of {scale.seconds:g} s was given as an option, not read from the headers.")
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful)


def _not_darks(frames: Sequence[FrameLike]) -> list[str]:
    others = [frame for frame in frames if "DARK" not in str(frame.header.get("EXP_TYPE", "DARK")).upper()]
    return [f"EXP_TYPE of {file_name(frame)} is {frame.header['EXP_TYPE']}, which is no dark." for frame in others]
