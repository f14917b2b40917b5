"""What an exposure must have by physics: so many electrons in a pixel, and the noise that photons and reading make."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from calgui.core.algorithms.exposure import (
    ADU,
    ADU_PER_S,
    ELECTRON,
    ELECTRON_PER_S,
    canonical_unit,
    exposure_time,
    number,
    read_variance,
)
from calgui.core.algorithms.local import LocalStatistics
from calgui.core.algorithms.metadata.facts import is_reference
from calgui.core.algorithms.registry import Metric
from calgui.core.frames.frame import Frame

#: the quietest of the tiles are looked at, in percent
QUIETEST = 20.0


def to_rate(unit: str, header: Mapping[str, Any]) -> float | None:
    """What turns the values of an image into electrons per second.

    Parameters
    ----------
    unit : str
        BUNIT.
    header : mapping
        With GAIN where the unit is of counts, and an exposure time where it is no rate.

    Returns
    -------
    float or None
        None where the header does not say.
    """
    known = canonical_unit(unit)
    gain = number(header, "GAIN") if known in (ADU, ADU_PER_S) else 1.0
    if known is None or gain is None or gain <= 0:
        return None
    if known in (ELECTRON_PER_S, ADU_PER_S):
        return gain
    length = exposure_time(header)
    return None if length is None or known not in (ELECTRON, ADU) else gain / length[0]


def expected_noise(frame: Frame, figures: Mapping[str, Metric]) -> dict[str, Metric]:
    """Hold level and noise of an exposure against what its time, its gain and its read noise make.

    Parameters
    ----------
    frame : Frame
        An image; nothing is said of a reference, which is made of several.
    figures : mapping of str to Metric
        ``level_e_per_s`` and ``noise_e_per_s`` of it.

    Returns
    -------
    dict of str to Metric
        ``charge_e``, electrons of one integration, and ``noise_over_expected``; empty where the header does not say
        enough.

    Notes
    -----
    Expected is the noise of photons and of two reads, or of the read mode that the header names: the square root of
    F t + r². Pixels of different response, and cosmic rays, make more; nothing makes less.
    """
    level, noise = figures.get("level_e_per_s"), figures.get("noise_e_per_s")
    time, variance = exposure_time(frame.header), read_variance(frame.header)
    if level is None or noise is None or time is None or is_reference(frame.header):
        return {}
    if not isinstance(level.value, float) or not isinstance(noise.value, float):
        return {}
    seconds, keyword = time
    integrations, once = _once(frame.header, seconds, keyword)
    made = {"charge_e": Metric(level.value * once, "e-", "Electrons in a typical pixel in one integration.")}
    if variance is None or not variance > 0:
        return made
    expected = _noise(level.value, once, integrations, variance)
    made["noise_over_expected"] = Metric(
        noise.value / float(expected),
        "",
        "Noise found over that of photons and reading (GAIN, READNOIS, exposure time).",
    )
    return made


def noise_floor(frame: Frame, local: LocalStatistics) -> Metric | None:
    """Noise over what photons and reading make, where it is least: between the lights, if there are some.

    Parameters
    ----------
    frame : Frame
        An image; nothing is said of a reference.
    local : LocalStatistics
        Level and noise of its tiles.

    Returns
    -------
    Metric or None
        The part that a fifth of the tiles is below; None where the header does not say enough.
    """
    rate = to_rate(frame.unit, frame.header)
    time, variance = exposure_time(frame.header), read_variance(frame.header)
    if rate is None or time is None or variance is None or not variance > 0 or is_reference(frame.header):
        return None
    integrations, once = _once(frame.header, *time)
    expected = _noise(local.level * rate, once, integrations, variance)
    value = float(np.percentile(local.sigma * rate / expected, QUIETEST))
    return Metric(value, "", "Noise found over that of photons and reading, in the quietest fifth of the tiles.")


def expected_of(header: Mapping[str, Any], level: float) -> float | None:
    """Noise of a pixel by photons and reading.

    Parameters
    ----------
    header : mapping
        With time, read mode and read noise.
    level : float
        In e-/s.

    Returns
    -------
    float or None
        In e-/s; None where the header does not say enough.
    """
    time, variance = exposure_time(header), read_variance(header)
    if time is None or variance is None or not variance > 0:
        return None
    integrations, once = _once(header, *time)
    return float(_noise(level, once, integrations, variance))


def _once(header: Mapping[str, Any], seconds: float, keyword: str) -> tuple[float, float]:
    """How many integrations there are, and seconds of one."""
    integrations = max(1.0, number(header, "NINTS") or 1.0)
    return integrations, seconds if keyword == "EFFINTTM" else seconds / integrations


def _noise(level: Any, once: float, integrations: float, variance: float) -> Any:
    """Noise of the mean of several integrations."""
    return np.sqrt((np.maximum(level, 0.0) * once + variance) / integrations) / once
