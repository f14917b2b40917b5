"""What flats say of every pixel: its response against the light around it, and whether it changes at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.badpixels.config import MaskConfig
from calgui.core.algorithms.badpixels.darkside import BITS, Darks
from calgui.core.algorithms.badpixels.structure import BoolArray, Structure, structure_of
from calgui.core.algorithms.exposure import Scale, file_name
from calgui.core.errors import InputError
from calgui.core.frames.frame import DqArray, FloatArray, FrameLike
from calgui.core.jobs import Job

#: a flat holds light where its level is this many times the noise of one dark above the darks' level
_LIGHT = 20.0
#: a flat of which more pixels than this part are saturated measures no response
_SATURATED_PART = 0.05
#: no change: a flat differs from the darks by less than this many sigma
_NO_CHANGE = 5.0
#: an open pixel's neighbours each get at least this part of the light
_EACH_NEIGHBOUR = 1.02
_ROWS = 256


@dataclass(frozen=True)
class Light:
    """One flat: what becomes electrons of light, and the light around every pixel.

    Attributes
    ----------
    frame : FrameLike
        The flat.
    scale : Scale
        Its unit and time.
    dark : float
        What the darks' median is multiplied by to be subtracted, in electrons or electrons per second.
    around : Structure
        Level of the light, in the same unit.
    """

    frame: FrameLike
    scale: Scale
    dark: float
    around: Structure


@dataclass(frozen=True)
class Flats:
    """The flats of a map, measured.

    Attributes
    ----------
    response : ndarray of float32, shape (ny, nx)
        Median of the flats over the light around each pixel; NaN where none has a good sample.
    around : Structure
        Level (1 within its structure) and scatter of the response.
    still : ndarray of bool
        Pixels that hold the same counts in the dark and in all light.
    used : tuple of FrameLike
        Flats that hold light.
    left_out : mapping of str to str
        Name of a flat to why it was left out.
    light_sigma : float
        Light of the faintest flat that was used, in noise of one frame.
    """

    response: FloatArray
    around: Structure
    still: BoolArray
    used: tuple[FrameLike, ...]
    left_out: dict[str, str]
    light_sigma: float


def measure_flats(
    flats: Sequence[FrameLike],
    scales: Sequence[Scale],
    darks: Darks,
    light: BoolArray,
    reject: int,
    box: int,
    job: Job,
) -> Flats:
    """Measure the response of every pixel.

    Parameters
    ----------
    flats : sequence of FrameLike
        One or more, of the darks' shape; exposure times and filters may differ.
    scales : sequence of Scale
        One for each.
    darks : Darks
        Subtracted, scaled with time where it is known.
    light : ndarray of bool, shape (ny, nx)
        Light-sensitive pixels.
    reject : int
        Data-quality bits of samples that are left out.
    box : int
        Side of the tiles for local statistics.
    job : Job
        Progress and cancel.

    Returns
    -------
    Flats

    Raises
    ------
    InputError
        No flat holds light that a response could be measured with.
    """
    used: list[Light] = []
    left_out: dict[str, str] = {}
    brightness = []
    for number, (flat, scale) in enumerate(zip(flats, scales, strict=True)):
        job.report(0.5 * number / len(flats), "Light around every pixel")
        made, why, sigmas = _light(flat, scale, darks, light, reject, box, job)
        if made is None:
            left_out[file_name(flat)] = why
        else:
            used.append(made)
            brightness.append(sigmas)
    if not used:
        name, why = next(iter(left_out.items()))
        of_all = "" if len(flats) == 1 else f" The same holds for {'both' if len(flats) == 2 else 'all'} flats."
        raise InputError(
            f"As a flat it cannot serve: {why}.{of_all}",
            path=next(flat.path for flat in flats if file_name(flat) == name),
            cure="Choose flats with light below saturation, or darks alone.",
        )
    response, still = _response(used, darks, reject, job.part(0.5, 0.9))
    around = structure_of(response, light & np.isfinite(response), box, job)
    if around is None:
        raise InputError(
            "Too few pixels of the flats can be used.", path=used[0].frame.path, cure="Choose other flats."
        )
    return Flats(response, around, still & light, tuple(one.frame for one in used), left_out, min(brightness))


def _light(
    flat: FrameLike, scale: Scale, darks: Darks, light: BoolArray, reject: int, box: int, job: Job
) -> tuple[Light | None, str, float]:
    """The light around every pixel of a flat; None with the reason where there is none."""
    ny = flat.shape[0]
    factor = _dark_factor(scale, darks)
    electrons = np.empty(flat.shape, np.float32)
    saturated = 0
    for start in range(0, ny, _ROWS):
        job.check()
        stop = min(start + _ROWS, ny)
        electrons[start:stop] = _electrons(flat, scale, factor, darks, reject, start, stop)
        bits = flat.rows(start, stop).dq
        if bits is not None:
            saturated += int(np.count_nonzero(light[start:stop] & ((bits & BITS["SATURATED"]) != 0)))
    pixels = max(int(np.count_nonzero(light)), 1)
    if saturated > _SATURATED_PART * pixels:
        return None, f"{100 * saturated / pixels:.0f} % of its pixels are saturated", 0.0
    good = light & np.isfinite(electrons)
    around = structure_of(electrons, good, box, job, noise=False)
    if around is None:
        return None, "its pixels are NaN or flagged", 0.0
    noise = _frame_noise(scale, darks)
    level = float(np.median(electrons[good]))
    if not level > _LIGHT * noise:
        said = f"{level:.4g} {'e-/s' if scale.is_rate else 'e-'} above the darks"
        return None, f"its level is {said}, and the noise of one dark is {noise:.3g}: it holds no light", 0.0
    return Light(flat, scale, factor, around), "", level / noise


def _dark_factor(scale: Scale, darks: Darks) -> float:
    """From the darks' own unit to what is subtracted from a flat in electrons (per second where it is a rate)."""
    if scale.is_rate:
        return darks.scale.to_rate
    if scale.seconds is not None and (darks.scale.seconds is not None or darks.scale.is_rate):
        return darks.scale.to_rate * scale.seconds
    return darks.scale.to_counts


def _frame_noise(scale: Scale, darks: Darks) -> float:
    """Noise of one dark in the unit of a flat's electrons: of the read-out, which time does not change."""
    own = darks.noise.typical_level
    counts = own * darks.scale.to_counts if darks.scale.seconds or not darks.scale.is_rate else None
    if not scale.is_rate:
        return counts if counts is not None else own * darks.scale.gain
    if counts is not None and scale.seconds:
        return counts / scale.seconds
    return own * darks.scale.to_rate


def _electrons(
    flat: FrameLike, scale: Scale, factor: float, darks: Darks, reject: int, start: int, stop: int
) -> FloatArray:
    """Some rows of a flat less the darks; NaN for samples that are left out."""
    rows = flat.rows(start, stop)
    dark = np.nan_to_num(darks.whole.data[start:stop], nan=0.0)
    made = rows.data * np.float32(scale.gain) - dark * np.float32(factor)
    if rows.dq is not None:
        made[(rows.dq & np.uint32(reject)) != 0] = np.nan
    made[~np.isfinite(made)] = np.nan
    return np.asarray(made, np.float32)


def _response(used: Sequence[Light], darks: Darks, reject: int, job: Job) -> tuple[FloatArray, BoolArray]:
    """Median over the flats of each over its light, and pixels that none of them changes."""
    ny = used[0].frame.shape[0]
    response = np.empty(used[0].frame.shape, np.float32)
    still = np.ones(response.shape, np.bool_)
    compared = False
    for start in range(0, ny, _ROWS):
        job.report(start / ny, "Response of every pixel")
        stop = min(start + _ROWS, ny)
        parts = []
        for one in used:
            electrons = _electrons(one.frame, one.scale, one.dark, darks, reject, start, stop)
            around = one.around.level(start, stop)
            with np.errstate(invalid="ignore", divide="ignore"):
                parts.append(np.where(around > 0, electrons / around, np.nan))
            if not one.scale.is_rate and not darks.scale.is_rate:
                still[start:stop] &= _no_change(one, darks, start, stop)
                compared = True
        stack = np.array(parts, np.float32)
        response[start:stop] = stack[0] if len(parts) == 1 else _median(stack)
    if not compared:
        still[:] = False
    return response, still


def _no_change(one: Light, darks: Darks, start: int, stop: int) -> BoolArray:
    """Pixels of some rows whose counts in the flat are those of the dark, whatever its time."""
    counts = one.frame.rows(start, stop).data * np.float32(one.scale.gain)
    dark = darks.whole.data[start:stop] * np.float32(darks.scale.to_counts)
    noise = darks.noise.level(start, stop) * np.float32(darks.scale.to_counts)
    with np.errstate(invalid="ignore"):
        made: BoolArray = np.abs(counts - dark) < _NO_CHANGE * noise
    return made & (one.around.level(start, stop) > _LIGHT * noise)


def _median(stack: FloatArray) -> FloatArray:
    """Median over the first axis without NaN; as `numpy.nanmedian`, which is slow for few frames."""
    ordered = np.sort(stack, axis=0)  # NaN goes last
    count = np.count_nonzero(np.isfinite(ordered), axis=0)
    high = np.take_along_axis(ordered, (count // 2)[None].clip(max=len(stack) - 1), 0)[0]
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[None], 0)[0]
    made: FloatArray = np.where(count > 0, (low + high) / 2, np.nan).astype(np.float32)
    return made


def flag_flats(flats: Flats, light: BoolArray, config: MaskConfig, dq: DqArray, job: Job) -> None:
    """Flag what the flats show: DEAD, LOW_QE, OPEN with ADJ_OPEN, NO_FLAT_FIELD.

    Parameters
    ----------
    flats : Flats
        Measured.
    light : ndarray of bool, shape (ny, nx)
        Light-sensitive pixels.
    config : MaskConfig
        Thresholds.
    dq : ndarray of uint32
        Bits are added to it.
    job : Job
        Progress and cancel.
    """
    response = flats.response
    measured = light & np.isfinite(response)
    dq[light & ~np.isfinite(response)] |= BITS["NO_FLAT_FIELD"]
    job.report(0.0, "Flagging what the flats show")
    lack = flats.around.level() - response
    sigma = flats.around.sigma()
    low = measured & (lack > np.float32(config.low_sigma) * sigma) & (response < config.low_response)
    dead = measured & ((response < config.dead_response) | flats.still)
    job.check()
    opened = (low | dead) & _lit_neighbours(response, measured, config.open_light)
    dq[dead] |= BITS["DEAD"]
    dq[low & ~dead & ~opened] |= BITS["LOW_QE"]
    dq[opened] |= BITS["OPEN"]
    around = neighbours(opened, diagonal=False) & light & ~opened
    dq[around] |= BITS["ADJ_OPEN"]


def _lit_neighbours(response: FloatArray, measured: BoolArray, mean: float) -> BoolArray:
    """Pixels whose four neighbours get more light than usual: the charge that the pixel lost."""
    made = np.zeros(response.shape, np.bool_)
    if min(response.shape) < 3:
        return made
    inner = (slice(1, -1), slice(1, -1))
    parts = [
        (slice(None, -2), inner[1]),
        (slice(2, None), inner[1]),
        (inner[0], slice(None, -2)),
        (inner[0], slice(2, None)),
    ]
    four = [np.where(measured[part], response[part], np.float32(0)) for part in parts]
    each = np.minimum.reduce(four) > _EACH_NEIGHBOUR
    made[inner] = each & (sum(four) / 4 > mean)
    return made


def neighbours(which: BoolArray, *, diagonal: bool) -> BoolArray:
    """Pixels beside others.

    Parameters
    ----------
    which : ndarray of bool, shape (ny, nx)
        The others.
    diagonal : bool
        Whether the eight about a pixel are meant, or the four that share a side with it.

    Returns
    -------
    ndarray of bool
        The others themselves only where they are beside one another.
    """
    made = np.zeros(which.shape, np.bool_)
    steps = [(0, 1), (0, -1), (1, 0), (-1, 0)] + ([(1, 1), (1, -1), (-1, 1), (-1, -1)] if diagonal else [])
    ny, nx = which.shape
    for dy, dx in steps:
        target = slice(max(dy, 0), ny + min(dy, 0)), slice(max(dx, 0), nx + min(dx, 0))
        source = slice(max(-dy, 0), ny + min(-dy, 0)), slice(max(-dx, 0), nx + min(-dx, 0))
        made[target] |= which[source]
    return made
