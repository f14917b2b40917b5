"""Options of ``clean-cosmic-rays``, and what is refused before a pixel is looked at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from calgui.core.algorithms.agreement import check_inputs
from calgui.core.algorithms.exposure import Scale, file_name, number, scale_of
from calgui.core.algorithms.headeroptions import HEADERS, Unit, gain_option, time_option, unit_option
from calgui.core.algorithms.options import option
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

#: fewest exposures in which a median tells a hit from the sky
FEWEST = 3

#: keywords beyond those of the detector in which exposures of one field agree
_OPTICS = (("FILTER", "the filter"), ("PUPIL", "the pupil"), ("GRATING", "the grating"))
_LACOSMIC, _STACK, _RATE = "lacosmic", "stack", "how many are expected"


@dataclass(frozen=True)
class CosmicConfig:
    """Options of ``clean-cosmic-rays``."""

    method: Literal["auto", "lacosmic", "stack"] = option(
        "auto", "L.A.Cosmic for one image, rejection of outliers for three or more; auto goes by their number."
    )
    sigma: float = option(5.0, "A pixel this far above what is expected is hit.", unit="sigma", minimum=2, maximum=100)
    neighbour_fraction: float = option(
        0.5, "Pixels beside a hit: threshold as a part of that of the hit.", minimum=0.05, maximum=1
    )
    star_fwhm: float = option(
        1.5, "Narrowest star, whose core must not be taken for a hit; 0 protects none.",
        unit="pixel", minimum=0, maximum=20, group=_LACOSMIC,
    )  # fmt: skip
    contrast: float = option(
        5.0, "Least contrast of a hit to the fine structure of the image (objlim).",
        minimum=0.1, maximum=1000, group=_LACOSMIC,
    )  # fmt: skip
    iterations: int = option(4, "Most rounds.", minimum=1, maximum=20, group=_LACOSMIC)
    fine_structure: Literal["median", "convolve"] = option(
        "median", "How fine structure is found: by medians, or by a Gaussian star of star_fwhm.", group=_LACOSMIC
    )
    separable: bool = option(
        True, "Medians along rows, then columns: nearly the same, and much faster.", group=_LACOSMIC
    )
    saturation_e: float | None = option(
        None, "Level of saturated stars, which are left alone, beside those flagged SATURATED.",
        unit="e-", minimum=1, group=_LACOSMIC,
    )  # fmt: skip
    shift: float = option(
        1.0, "How far stars may have moved or changed: steps to the neighbours times this are no hit.",
        unit="pixel", minimum=0, maximum=10, group=_STACK,
    )  # fmt: skip
    reject: str = option(
        "DO_NOT_USE,SATURATED,DEAD,HOT", "Pixels with these flags are neither judged nor cleaned.", group=HEADERS
    )
    noise: Literal["auto", "error", "model"] = option(
        "auto", "Noise from the ERR plane, or from gain and read noise; auto takes ERR where there is one.",
        group=HEADERS,
    )  # fmt: skip
    read_noise: float | None = option(
        None, "Noise of reading in the image, where READNOIS is missing or that of a single read.",
        unit="e-", minimum=1e-3, group=HEADERS,
    )  # fmt: skip
    unit: Unit | None = unit_option()
    exposure_time: float | None = time_option()
    gain: float | None = gain_option()
    pixel_size: float = option(10.0, "Side of a pixel on the detector.", unit="µm", minimum=0.1, group=_RATE)
    rate_low: float = option(0.002, "Fewest hits expected.", unit="1/(cm² s)", minimum=0, group=_RATE)
    rate_high: float = option(0.2, "Most hits expected.", unit="1/(cm² s)", minimum=0, group=_RATE)


def method_of(frames: Sequence[FrameLike], config: CosmicConfig) -> Literal["lacosmic", "stack"]:
    """Which method serves, or a refusal.

    Parameters
    ----------
    frames : sequence of FrameLike
        The exposures.
    config : CosmicConfig
        What was asked for.

    Returns
    -------
    str
        ``lacosmic`` or ``stack``.

    Raises
    ------
    InputError
        Where their number does not fit.
    """
    if config.method != "stack" and len(frames) == 1:
        return "lacosmic"
    if config.method == "lacosmic":
        raise InputError(f"L.A.Cosmic takes one image; {len(frames)} given.", cure="Clean them one by one.")
    if len(frames) < FEWEST:
        raise InputError(
            f"With {len(frames)} of a field nothing tells which is hit; outliers take {FEWEST} or more.",
            cure=f"Choose {FEWEST} or more exposures of a field, or one image for L.A.Cosmic.",
        )
    return "stack"


def check_clean(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse what cannot be cleaned.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : CosmicConfig, optional
        With it, unit, time, gain and noise are looked at too.

    Raises
    ------
    InputError
        Naming the file and the keyword.
    """
    how = config or CosmicConfig()
    for frame in frames:
        if len(frame.shape) != 2:
            raise InputError(
                f"The image has {len(frame.shape)} axes; two are needed.",
                path=frame.path,
                cure="Fit the ramps first (fit-ramp finds their jumps), or choose images.",
            )
    method = method_of(frames, how)
    if method == "stack":
        check_inputs(frames, math.inf)
        _same_optics(frames)
    if config is not None:
        scale = needed_scale(frames, config)
        for frame in frames:
            if config.noise == "model" or (config.noise == "auto" and frame.rows(0, 1).err is None):
                read_noise_of(frame, config, scale)


def _same_optics(frames: Sequence[FrameLike]) -> None:
    for keyword, meaning in _OPTICS:
        first = str(frames[0].header.get(keyword, "")).strip().upper()
        for frame in frames[1:]:
            value = str(frame.header.get(keyword, "")).strip().upper()
            if value != first:
                raise InputError(
                    f"{keyword}, {meaning}, is {value or 'missing'}; in {file_name(frames[0])} it is "
                    f"{first or 'missing'}.",
                    path=frame.path,
                    cure="Choose exposures of one field, all alike.",
                )


def needed_scale(frames: Sequence[FrameLike], config: CosmicConfig) -> Scale:
    """What turns the numbers of the frames into the electrons of one exposure.

    Parameters
    ----------
    frames : sequence of FrameLike
        The exposures.
    config : CosmicConfig
        Its unit, gain and time override the headers.

    Returns
    -------
    Scale

    Raises
    ------
    InputError
        Naming what is missing. Counts need no time; rates do.
    """
    plain = scale_of(frames, config.unit, config.gain, config.exposure_time, needs_time=False)
    if not plain.is_rate:
        return plain
    return scale_of(frames, config.unit, config.gain, config.exposure_time, needs_time=True)


def read_noise_of(frame: FrameLike, config: CosmicConfig, scale: Scale) -> float:
    """Noise of reading in an image.

    Parameters
    ----------
    frame : FrameLike
        Its READNOIS is asked for.
    config : CosmicConfig
        Its read_noise overrides the header.
    scale : Scale
        Of the frame.

    Returns
    -------
    float
        Electrons.

    Raises
    ------
    InputError
        Where neither says it.
    """
    value = config.read_noise or number(frame.header, "READNOIS")
    if value is None or value <= 0:
        raise InputError(
            f"READNOIS, the read noise in electrons, is missing, and the image in {scale.unit} has no ERR.",
            path=frame.path,
            cure="Add READNOIS to the header, or give the option read_noise.",
        )
    return value
