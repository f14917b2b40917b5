"""Is a flat good? The verdict, each reason a sentence with its numbers."""

from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.flats.combining import Light
from calgui.core.algorithms.flats.config import FlatConfig
from calgui.core.algorithms.flats.exposures import untold
from calgui.core.algorithms.flats.flagging import Counts
from calgui.core.algorithms.flats.lit import is_linear
from calgui.core.algorithms.frametable import odd_ones
from calgui.core.algorithms.registry import Verdict

#: noise of the flat beyond which it is doubtful, and bad: the first is what 10,000 electrons leave
_NOISY, _USELESS = 0.01, 0.1
#: part of the pixels without a flat, or saturated, beyond which it is doubtful, and bad
_SOME, _MANY = 0.01, 0.05
#: noise above what photons and reading leave that is worth a word
_OVER_LIMIT = 1.5
#: noise so far below it cannot be, and is that of the lamp-off frames alone
_UNDER_LIMIT, _COPIES = 0.6, 0.25


def judge(
    light: Light, config: FlatConfig, counts: Counts, noise: float, limit: float | None, electrons: float | None
) -> tuple[Verdict, tuple[str, ...], dict[int, str]]:
    """Judge a flat.

    Parameters
    ----------
    light : Light
        What it was made of.
    config : FlatConfig
        Limits.
    counts : Counts
        Flagged pixels.
    noise : float
        Typical error of a pixel, as a part of its value; NaN where it is not known.
    limit : float or None
        What photons and reading leave of it at least.
    electrons : float or None
        Typical electrons of one exposure in the brightest frame.

    Returns
    -------
    verdict : str
    reasons : tuple of str
        The worst first.
    odd : dict
        Place of a frame that stands out to why.
    """
    bad: list[str] = []
    doubtful: list[str] = []
    told: list[str] = []
    pixels = max(counts.pixels, 1)
    _level(config, electrons, noise, bad, doubtful, linear=is_linear(light.found.on[0]))
    for count, what in ((counts.saturated, "are saturated in every frame"), (counts.no_flat, "have no flat")):
        part = count / pixels
        if part > _SOME:
            said = f"{100 * part:.1f} % of the pixels {what}."
            (bad if part > _MANY else doubtful).append(said)
    odd = odd_ones(light.looks) if len(light.looks) > 2 else {}
    doubtful += [f"{file_name(light.found.on[place])} stands out: {why}." for place, why in sorted(odd.items())]
    if len(odd) > 1 and 2 * len(odd) >= len(light.looks):
        bad.append("At least half of the frames do not agree with the others.")
    drift = lamp_drift(light)
    if drift > config.largest_drift:
        doubtful.append(
            f"The lamp drifts: the brightest frame has {100 * drift:.1f} % more light than the faintest, above "
            f"{100 * config.largest_drift:g} %. Each was scaled to one brightness; its colour may have changed, too."
        )
    if light.unlit == "none":
        doubtful.append("Nothing was subtracted: there are no lamp-off frames, and no dark was given.")
    doubtful += untold(light.found)
    doubtful += light.notes
    if noise == 0 or (limit and noise < _COPIES * limit):
        bad.append("The frames do not differ by their noise: they are constant, or copies of one another.")
    elif limit and noise < _UNDER_LIMIT * limit:
        doubtful.append(
            f"The error of a pixel is {noise / limit:.2f} times what photons and reading leave at least: gain, unit or "
            "read noise are wrong, or some frames are copies of others."
        )
    if limit and noise > _OVER_LIMIT * limit:
        doubtful.append(
            f"The error of a pixel is {noise / limit:.2f} times what photons and reading leave: the frames differ by "
            "more than their noise."
        )
    if len(light.found.on) < 3:
        few = "One frame was" if len(light.found.on) == 1 else "Two frames were"
        told.append(f"{few} given: cosmic rays stay in the flat. Take three or more.")
    if 0 < len(light.found.off) < 3:
        told.append("Cosmic rays in the lamp-off frame stay; three of them would show them.")
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful, *told), odd


def _level(
    config: FlatConfig, electrons: float | None, noise: float, bad: list[str], doubtful: list[str], *, linear: bool
) -> None:
    """Too much light, or too little."""
    if noise > _NOISY:
        (bad if noise > _USELESS else doubtful).append(
            f"Too little light: the error of a pixel is {100 * noise:.2g} % of its value, above {100 * _NOISY:g} %"
            f"{'' if electrons is None else f' (one frame has {electrons:.4g} e- per pixel)'}. Take more frames, or "
            "longer ones."
        )
    if electrons is None:
        return
    if electrons > config.saturation:
        bad.append(f"Too much light: {electrons:.4g} e- per pixel, above saturation at {config.saturation:g} e-.")
    elif electrons > config.nonlinear_from and not linear:
        doubtful.append(
            f"Too much light: {electrons:.4g} e- per pixel, where the detector bends from {config.nonlinear_from:g} "
            "e- on, and S_LINEAR does not say that this was corrected."
        )


def lamp_drift(light: Light) -> float:
    """By which part the brightest frame exceeds the faintest.

    Parameters
    ----------
    light : Light
        With the level of each frame.

    Returns
    -------
    float
    """
    levels = light.brightness.levels
    return max(levels) / min(levels) - 1
