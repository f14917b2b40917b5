"""The steps of the chain as a table: what each is called, needs, writes into the header, and does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.banding import Room, over_bands, room_for
from calgui.core.algorithms.cosmicrays.known import mask_for
from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.flats.dividing import FlatFieldConfig, flat_field
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.quicklook.config import QuickLookConfig
from calgui.core.algorithms.quicklook.skystep import subtract_reference_sky
from calgui.core.algorithms.registry import Metric, Result
from calgui.core.algorithms.subtraction import SubtractConfig, subtract_dark
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

Deed = Callable[[Frame, FrameLike, QuickLookConfig, Job, Room | None], Result]

#: more pixels than this part that must not be used are told of
_MANY_BAD = 0.2
_BAND = 128


@dataclass(frozen=True)
class Step:
    """One step of the chain.

    Attributes
    ----------
    name : str
        As the option that switches it; ``slope`` has none.
    title : str
        As shown.
    keyword, comment : str
        Of the product's header, as JWST names it.
    reference : str
        Type of the reference that it takes; empty where it takes none.
    deed : callable or None
        What it does to an image; None for what is part of the fit of the ramp.
    metrics : tuple of str
        Metrics that keep their name in the chain's; others get the step's name before theirs.
    not_for : tuple of str
        Kinds of exposures, as words of EXP_TYPE, to which it is done only if it is switched on.
    """

    name: str
    title: str
    keyword: str
    comment: str
    reference: str = ""
    deed: Deed | None = None
    metrics: tuple[str, ...] = ()
    not_for: tuple[str, ...] = ()

    @property
    def on_reads(self) -> bool:
        """Whether it is of ramps alone."""
        return self.deed is None

    def named(self, metrics: Mapping[str, Metric]) -> dict[str, Metric]:
        """Metrics by their names in the chain.

        Parameters
        ----------
        metrics : mapping of str to Metric
            Of the step's own result.

        Returns
        -------
        dict of str to Metric
        """
        return {name if name in self.metrics else f"{self.name}_{name}": one for name, one in metrics.items()}


def flag_bad_pixels(
    image: Frame, mask: FrameLike, _config: QuickLookConfig, job: Job, room: Room | None = None
) -> Result:
    """Join the data quality of an image with a bad pixel map.

    Parameters
    ----------
    image : Frame
        (ny, nx).
    mask : FrameLike
        Reference of type MASK.
    _config : QuickLookConfig
        Not asked.
    job : Job
        Progress and cancel.
    room : Room, optional
        Planes to write the data quality into, perhaps those of the image; values and errors stay those of the image.

    Returns
    -------
    Result
        The same pixels; bits are combined by *or*, as JWST's ``dq_init`` does.

    Raises
    ------
    InputError
        The map does not fit the image.
    AlgorithmError
        No pixel is left.
    """
    rows_of, region = mask_for(image, mask), region_of(image)
    ny, nx = image.shape
    joined = np.empty((ny, nx), np.uint32) if room is None else room_for((ny, nx), room)[2]

    def join(start: int, stop: int) -> tuple[int, int]:
        bits, ours = rows_of(start, stop), None if image.dq is None else image.dq[start:stop]
        part = joined[start:stop]
        np.bitwise_or(bits, np.uint32(0) if ours is None else ours, out=part)
        light = region.mask(start, stop)
        light &= (part & np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0
        lost = light & ((part & np.uint32(flags.DO_NOT_USE)) != 0)
        return int(np.count_nonzero(light)), int(np.count_nonzero(lost))

    pixels, bad = np.sum(over_bands(ny, _BAND, join, job, "Bad pixels"), axis=0).tolist()
    if bad == pixels:
        raise AlgorithmError(
            f"No pixel can be used: all are flagged DO_NOT_USE by the bad pixel map {file_name(mask)} or before.",
            path=image.path,
            cure="Give another map (--reference MASK=FILE), or switch the step off (-p bad_pixels=off).",
        )
    part = bad / pixels
    reasons = (f"{100 * part:.1f} % of the pixels must not be used.",) if part > _MANY_BAD else ()
    return Result(
        frame=Frame(image.data, image.err, joined, image.header, image.path),
        metrics={
            "bad_fraction": Metric(part, "", "Part of the light-sensitive pixels that must not be used."),
            "mask": Metric(file_name(mask), "", "The bad pixel map."),
        },
        verdict="doubtful" if reasons else "good",
        reasons=reasons,
    )


def _dark(image: Frame, dark: FrameLike, config: QuickLookConfig, job: Job, room: Room | None) -> Result:
    return subtract_dark(image, dark, SubtractConfig(config.unit, config.exposure_time, config.gain), job, room)


def _flat(image: Frame, flat: FrameLike, _config: QuickLookConfig, job: Job, room: Room | None) -> Result:
    return flat_field(image, flat, FlatFieldConfig(), job, room)


#: in the order in which they are done
STEPS: tuple[Step, ...] = (
    Step("reference_pixels", "Reference pixels", "S_REFPIX", "reference-pixel correction"),
    Step("linearity", "Non-linearity", "S_LINEAR", "non-linearity correction", "NONLINCOEFF"),
    Step("slope", "Slope", "S_RAMP", "ramp fit"),
    Step(
        "bad_pixels", "Bad pixels", "S_DQINIT", "data quality of the bad pixel map", "MASK", flag_bad_pixels,
        ("bad_fraction", "mask"),
    ),
    Step(
        "dark", "Dark", "S_DARK", "dark subtraction", "DARK", _dark, ("dark_scale", "n_dark_unknown", "dark"),
        ("DARK", "BIAS"),
    ),
    Step(
        "flat", "Flat", "S_FLAT", "flat field division", "FLAT", _flat, ("flat_median", "n_no_flat", "flat"),
        ("DARK", "BIAS", "FLAT"),
    ),
    Step(
        "sky", "Sky", "S_BKDSUB", "sky subtraction", "SKY", subtract_reference_sky,
        ("scale", "scale_error", "sky_level", "source_fraction", "n_sky_holes", "sky_age_h", "sky"),
        ("SKY", "DARK", "BIAS", "FLAT", "ARC", "LAMP", "PINHOLE", "FIBER"),
    ),
)  # fmt: skip
