"""Photon transfer: gain and read noise of a detector and of its amplifiers, from ramps of equal light."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.geometry import Region, region_of
from calgui.core.algorithms.headeroptions import temperature_option
from calgui.core.algorithms.known import known
from calgui.core.algorithms.lamps import (
    assumed_unit,
    check_lit_ramps,
    integrations,
    left_aside,
    levels_of_light,
    ramps_of_band,
)
from calgui.core.algorithms.options import option
from calgui.core.algorithms.readtimes import ReadTimes, read_times
from calgui.core.algorithms.registry import Algorithm, Curve, Metric, Result, Table, Verdict
from calgui.core.algorithms.transfer.fit import How, Transfer, transfer
from calgui.core.algorithms.transfer.moments import Moments, contrast_moments, together
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

TITLE = "Photon transfer"
MINIMUM_READS, MINIMUM_RAMPS = 4, 2
#: rows of a tile
_ROWS = 64
#: what a gain and a read noise may differ from the header's by
_GAIN_OFF, _NOISE_OFF = 0.02, 0.1
#: an amplifier stands out when it differs by so much, and by so many errors
_ODD, _SURE = 0.03, 4.0


@dataclass(frozen=True)
class PhotonTransferConfig:
    """Options of ``photon-transfer``."""

    amplifier_width: int = option(64, "Columns that one amplifier reads.", unit="pixel", minimum=8, maximum=8192)
    order: int | None = option(
        None,
        "Order in signal of variance to mean, 0 for a linear detector; else the one from 1 to 3 that fits best.",
        minimum=0,
        maximum=5,
    )
    interpixel: Literal["auto", "yes", "no"] = option(
        "auto",
        "Count noise that neighbours share (inter-pixel capacitance); auto: where it is seen at 3 sigma.",
    )
    saturation: float | None = option(
        None, "Reads from this level on are left out, where the files do not flag them.", unit="adu", minimum=1
    )
    temperature_tolerance: float = temperature_option("the ramps", group="")


def check_photon_transfer(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse ramps that no photon transfer can be made of.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : PhotonTransferConfig, optional
        Its defaults if None.

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    tolerance = (config or PhotonTransferConfig()).temperature_tolerance
    check_lit_ramps(TITLE, frames, tolerance, MINIMUM_READS, MINIMUM_RAMPS)


def photon_transfer(frames: Sequence[FrameLike], config: PhotonTransferConfig, job: Job | None = None) -> Result:
    """Measure gain and read noise.

    Parameters
    ----------
    frames : sequence of FrameLike
        Raw ramps, (nint, nread, ny, nx) in adu, of four reads or more; of each level of light two integrations or more.
        Faint light or darks among them tell the read noise best, bright light the gain.
    config : PhotonTransferConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The frame is the gain of each amplifier in e-/adu with its error, the plane ``READNOISE`` its read noise in
        electrons; the photon-transfer curve and a table of the amplifiers.

    Raises
    ------
    InputError
        When the ramps do not belong together, or are darks.
    AlgorithmError
        When there is too little light to tell.

    Notes
    -----
    See `calgui.core.algorithms.transfer.fit.transfer`. The border of reference pixels is left out.
    """
    job = job or Job("Photon transfer")
    check_photon_transfer(frames, config)
    region = region_of(frames[0])
    timing = read_times(frames[0].header)
    levels = _levels(frames, region, config)
    moments, columns = _moments(frames, region, levels, config, job)
    how = How(config.order, config.interpixel, timing.frames, timing.frame_part, timing.first)
    whole = transfer(moments, how)
    if not math.isfinite(whole.gain) or not math.isfinite(whole.gain_error) or whole.gain <= 0:
        raise AlgorithmError(
            "Gain cannot be told: the signal does not rise above the noise, or too few pixels can be used.",
            cure="Take ramps of more light, or of a larger part of the detector.",
        )
    apart = replace(how, interpixel="yes" if whole.coupled else "no")
    amplifiers = {
        first: transfer([level.of(columns == first) for level in moments], apart)
        for first in sorted(set(columns.tolist()))
    }
    job.report(1.0, "Done")
    metrics = _metrics(frames, levels, whole, timing, config)
    verdict, reasons, odd = _judge(frames, whole, amplifiers, region, left_aside(frames, levels))
    return Result(
        frame=_map(frames, region, whole, amplifiers, config),
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=_curves(whole),
        tables=(_table(amplifiers, region, config, odd),),
        keywords={
            "GAIN": (round(whole.gain, 5), "[e-/adu] by photon transfer"),
            "GAINERR": (round(whole.gain_error, 6), "[e-/adu] its error"),
            "READNOIS": (_finite(whole.read_noise), "[e-] of one read, by photon transfer"),
            "IPCSHARE": (_finite(whole.coupling), "part of the noise shared with neighbours"),
        },
        planes={"READNOISE": _spread(region, {x: one.read_noise for x, one in amplifiers.items()}, config)},
    )


def _finite(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None


def _levels(frames: Sequence[FrameLike], region: Region, config: PhotonTransferConfig) -> list[list[int]]:
    """Integrations of the same light; each needs another to be held against."""
    rows, columns = region.active()
    middle = (rows.start + rows.stop) // 2
    look = max(rows.start, middle - _ROWS // 2), min(rows.stop, middle + _ROWS // 2)
    levels = levels_of_light(frames, look, columns, config.saturation)
    if not levels:
        raise AlgorithmError(
            "No pixel of these ramps can be used: all reads are NaN or flagged.", cure="Look at their data quality."
        )
    names = [frame for frame in frames for _ in range(integrations(frame))]
    for level in levels:
        if len(level) == 1:
            raise InputError(
                "No other ramp has the same light as this one, within 10 %.",
                path=names[level[0]].path,
                cure="Give two or more ramps of each level of light.",
            )
    return levels


def _moments(
    frames: Sequence[FrameLike], region: Region, levels: Sequence[Sequence[int]], config: PhotonTransferConfig, job: Job
) -> tuple[list[Moments], npt.NDArray[np.int64]]:
    """Of all tiles for each level of light, with the first column of each tile."""
    rows, columns = region.active()
    # amplifiers begin at multiples of their width on the detector, wherever the image begins
    width = config.amplifier_width
    edges = [x for x in range(-(region.x % width), region.nx, width) if x + width > columns.start and x < columns.stop]
    bands = range(rows.start, rows.stop, _ROWS)
    parts: list[list[Moments]] = [[] for _ in levels]
    for start in job.track(bands, len(bands), "Comparing the ramps"):
        ramps = ramps_of_band(frames, start, min(start + _ROWS, rows.stop), config.saturation)
        for edge in edges:
            part = slice(max(edge, columns.start), min(edge + width, columns.stop))
            for level, made in zip(levels, parts, strict=True):
                job.check()
                made.append(_contrasts([(ramps[at][0][..., part], ramps[at][1][..., part]) for at in level], width))
    return [together(made) for made in parts], np.array(edges * len(bands))


def _contrasts(ramps: Sequence[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]], width: int) -> Moments:
    """Of one tile: each ramp against the mean of those before it."""
    mean, good = ramps[0][0].astype(np.float64), ramps[0][1]
    found = []
    for count, (reads, fine) in enumerate(ramps[1:], 1):
        good = good & fine
        found.append(contrast_moments(mean, reads, good, count, width))
        mean += (reads - mean) / (count + 1)
    return functools.reduce(Moments.__add__, found)


def _metrics(
    frames: Sequence[FrameLike],
    levels: Sequence[Sequence[int]],
    whole: Transfer,
    timing: ReadTimes,
    config: PhotonTransferConfig,
) -> dict[str, Metric]:
    bend = whole.bend * float(whole.signal.max()) / 2 if whole.signal.size else math.nan
    return {
        "gain_e_per_adu": Metric(whole.gain, "e-/adu", "Electrons per count at zero signal."),
        "gain_error_e_per_adu": Metric(whole.gain_error, "e-/adu", "Its error, from the scatter over the detector."),
        "read_noise_e": Metric(known(whole.read_noise), "e-", "Of a single read."),
        "read_noise_error_e": Metric(known(whole.read_noise_error), "e-", "Its error."),
        "interpixel_fraction": Metric(
            known(whole.coupling), "", "Part of the photon noise that a pixel shares with its four neighbours."
        ),
        "interpixel_error": Metric(known(whole.coupling_error), "", "Its error."),
        "bend_at_most_signal": Metric(
            known(bend) if config.order != 0 else None,
            "",
            "Leading term of the non-linearity at the highest signal used.",
        ),
        "highest_signal_adu": Metric(float(whole.signal.max()), "adu", "Highest mean signal that was used."),
        "n_ramps": Metric(sum(map(len, levels)), "", "Integrations that were compared."),
        "n_reads": Metric(int(frames[0].shape[-3]), "", "Reads of each."),
        "group_time_s": Metric(timing.step, "s", "Time between two reads, where the header says."),
    }


def _judge(
    frames: Sequence[FrameLike],
    whole: Transfer,
    amplifiers: Mapping[int, Transfer],
    region: Region,
    lost: tuple[str, ...],
) -> tuple[Verdict, tuple[str, ...], tuple[int, ...]]:
    doubtful: list[str] = []
    header = frames[0].header
    for keyword, found, error, tolerance, unit in (
        ("GAIN", whole.gain, whole.gain_error, _GAIN_OFF, "e-/adu"),
        ("READNOIS", whole.read_noise, whole.read_noise_error, _NOISE_OFF, "e-"),
    ):
        said = number(header, keyword)
        if said and math.isfinite(found) and abs(found - said) > max(tolerance * said, 3 * error):
            doubtful.append(
                f"{keyword} in the headers is {said:g} {unit}, measured {found:.4g} ± {error:.2g} {unit} "
                f"({100 * (found / said - 1):+.1f} %)."
            )
    if whole.gain_error > 0.01 * whole.gain:
        doubtful.append(f"The gain is known to {100 * whole.gain_error / whole.gain:.1f} % only: take more ramps.")
    doubtful += lost
    usual = float(np.nanmedian([one.gain for one in amplifiers.values()]))
    # few tiles tell the error of one amplifier badly
    expected = whole.gain_error * math.sqrt(len(amplifiers))
    odd = tuple(
        place
        for place, one in enumerate(amplifiers.values())
        if abs(one.gain - usual) > max(_ODD * usual, _SURE * expected, _SURE * np.nan_to_num(one.gain_error))
    )
    if odd:
        names = ", ".join(str(list(amplifiers)[place] + region.x) for place in odd[:5])
        more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
        doubtful.append(f"The gain of the amplifiers from column {names}{more} stands out.")
    if not math.isfinite(whole.read_noise):
        doubtful.append("Read noise is lost in the photon noise: take ramps of less light, or darks.")
    notes = list(assumed_unit(frames))
    if whole.coupled:
        notes.append(
            f"Neighbours share {100 * whole.coupling:.1f} ± {100 * whole.coupling_error:.1f} % of the noise; "
            "the gain allows for it."
        )
    return ("doubtful" if doubtful else "good"), (*doubtful, *notes), odd


def _curves(whole: Transfer) -> tuple[Curve, ...]:
    """Each level of light has a line of its own: between two levels nothing was measured."""
    places = [(whole.level == number) for number in np.unique(whole.level)]
    names = [f"measured, to {whole.signal[place].max():.4g} adu" for place in places]
    return (
        Curve(
            "Photon transfer: noise of a difference of two reads",
            "signal (adu)",
            "variance (adu²)",
            {name: (whole.signal[place], whole.variance[place]) for name, place in zip(names, places, strict=True)},
            points=tuple(names),
        ),
        Curve(
            "Photon noise to signal",
            "signal (adu)",
            "variance / mean (adu)",
            {name: (whole.signal[place], whole.ratio[place]) for name, place in zip(names, places, strict=True)}
            | {"fit": (whole.signal, whole.model)},
            points=tuple(names),
        ),
    )


def _table(
    amplifiers: Mapping[int, Transfer], region: Region, config: PhotonTransferConfig, odd: tuple[int, ...]
) -> Table:
    rows = tuple(
        (
            f"{max(first, 0) + region.x}–{min(first + config.amplifier_width, region.nx) - 1 + region.x}",
            *(known(value) for value in (one.gain, one.gain_error, one.read_noise, one.read_noise_error)),
        )
        for first, one in amplifiers.items()
    )
    return Table(
        "Amplifiers", ("columns", "gain (e-/adu)", "error (e-/adu)", "read noise (e-)", "error (e-)"), rows, odd
    )


def _spread(region: Region, values: Mapping[int, float], config: PhotonTransferConfig) -> Any:
    """A value of each amplifier on all of its pixels."""
    image = np.full((region.ny, region.nx), np.nan, np.float32)
    for first, value in values.items():
        image[:, max(first, 0) : first + config.amplifier_width] = value
    image[~region.mask()] = np.nan
    return image


def _map(
    frames: Sequence[FrameLike],
    region: Region,
    whole: Transfer,
    amplifiers: Mapping[int, Transfer],
    config: PhotonTransferConfig,
) -> Frame:
    header = common_header(frames) | {"BUNIT": "electron/adu"}
    gain = _spread(region, {first: one.gain for first, one in amplifiers.items()}, config)
    error = _spread(region, {first: one.gain_error for first, one in amplifiers.items()}, config)
    return Frame(gain, error, None, header)


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return photon_transfer(frames, config, job)


ALGORITHMS = (
    Algorithm(
        name="photon-transfer",
        title=TITLE,
        summary="Gain and read noise of the detector and of each amplifier, from ramps of equal light.",
        inputs="raw ramps of a lamp, two integrations or more at each level of light; darks may be among them",
        config=PhotonTransferConfig,
        run=_run,
        takes=("ramp",),
        check=check_photon_transfer,
        source="Janesick 2001, Scientific Charge-Coupled Devices; covariances of consecutive reads",
    ),
)
