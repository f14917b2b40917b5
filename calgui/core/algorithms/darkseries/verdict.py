"""Is a dark series good? The verdict, each reason a sentence with its numbers."""

from collections.abc import Mapping, Sequence

from calgui.core.algorithms.darkseries.groups import group_name
from calgui.core.algorithms.darkseries.measures import GroupRow, Series
from calgui.core.algorithms.registry import Metric, Verdict

#: a deviation of a group from the line, or of night from day, counts from so many errors and this part of the noise on
_SURE, _OF_NOISE = 5.0, 0.05


def judge(
    series: Series, rows: Sequence[GroupRow], metrics: Mapping[str, Metric]
) -> tuple[Verdict, tuple[str, ...], tuple[int, ...]]:
    """Judge a dark series.

    Parameters
    ----------
    series : Series
        With its line.
    rows : sequence of GroupRow
        Of its exposure times.
    metrics : mapping of str to Metric
        Its numbers.

    Returns
    -------
    verdict : str
        ``good``, ``doubtful`` or ``bad``.
    reasons : tuple of str
        Sentences with their numbers, the worst first.
    odd : tuple of int
        Exposure times off the line.
    """
    doubtful: list[str] = []
    bad: list[str] = []
    odd: list[int] = []
    noise = float(metrics["noise_e_per_s"].value or 0)
    if len(series.groups) > 2:
        for place, (group, row) in enumerate(zip(series.groups, rows, strict=True)):
            off = row.median - row.line
            if abs(off) > max(_SURE * row.error, _OF_NOISE * noise * group.seconds):
                odd.append(place)
                doubtful.append(
                    f"The darks of {group_name(series.frames, group)} lie {off:+.3g} e- off the line: "
                    "another temperature, a leak of light, or persistence."
                )
    level = float(metrics["median_rate_e_per_s"].value or 0)
    if level < -noise:
        bad.append(f"The dark current is negative ({level:.4g} e-/s): counts and times do not belong together.")
    hot = float(metrics["hot_fraction"].value or 0)
    if hot > 0.05:
        bad.append(f"{100 * hot:.1f} % of the pixels are hot: the detector is warm, or these are no darks.")
    shift = metrics.get("night_minus_day_e_per_s")
    if shift is not None and isinstance(shift.value, float):
        error = float(metrics["night_minus_day_error_e_per_s"].value or 0)
        if abs(shift.value) > max(_SURE * error, _OF_NOISE * noise):
            doubtful.append(
                f"Darks of the night differ from those of the day by {shift.value:+.4g} ± {error:.2g} e-/s: "
                "light leaks in by day, or the temperature is another."
            )
    for group, row in zip(series.groups, rows, strict=True):
        if row.quiet:
            doubtful.append(
                f"The darks of {group_name(series.frames, group)} scatter less than photons of their {row.line:.3g} e- "
                "would: a part of the counts is no charge, or the gain is another. They say no read noise."
            )
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful), tuple(odd)
