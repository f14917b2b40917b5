"""Flats of the slicer: combined, and divided by the spectral response of lamp, filter and grating."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.flats.combining import Light, combine_light
from calgui.core.algorithms.flats.config import SlicerConfig
from calgui.core.algorithms.flats.exposures import sort_exposures, wanted_references
from calgui.core.algorithms.flats.flagging import Counts, flag_rows
from calgui.core.algorithms.flats.reporting import common_keywords, common_metrics, curves, frame_table, typical_error
from calgui.core.algorithms.flats.response import Response, respond
from calgui.core.algorithms.flats.verdict import judge
from calgui.core.algorithms.noise import row_quantiles
from calgui.core.algorithms.registry import Algorithm, Curve, Metric, Result
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]

#: columns of residual structure are worth a word beyond so many errors, and this part
_STRUCTURE_SIGMA, _STRUCTURE = 6.0, 0.003
#: lines of the plot of spectra
_PLOTTED = 5


def check_slicer_flats(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse frames that no slicer flat can be made of.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : SlicerConfig, optional
        Its defaults without.

    Raises
    ------
    InputError
        Naming the file and the keyword.
    """
    found = sort_exposures(frames, config if config is not None else SlicerConfig())
    if len(found) > 1:
        names = list(found)
        raise InputError(
            f"DETECTOR is {names[1]}, that of {names[0]} is another: the slicer has one.",
            path=found[names[1]].on[0].path,
            cure="Choose flats of one detector.",
        )


def normalize_slicer_flat(
    frames: Sequence[FrameLike], config: SlicerConfig, dark: FrameLike | None = None, job: Job | None = None
) -> Result:
    """Make a flat of the slicer.

    Parameters
    ----------
    frames : sequence of FrameLike
        (ny, nx) of one detector, slices dispersed along an axis; lamp-off frames among them. Units as for
        `calgui.core.algorithms.flats.normalizing.normalize_flat`.
    config : SlicerConfig
        See its options.
    dark : FrameLike, optional
        Subtracted where there are no lamp-off frames.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The response of the pixels with ERR and DQ; plane ``SPECTRUM``, the spectral response that was taken out, over
        its level.

    Raises
    ------
    InputError
        When the frames do not belong together, hold no light, or something that is needed is missing.
    AlgorithmError
        When no row has light.

    Notes
    -----
    Light times filter, grating and lamp varies slowly along the wavelengths. A cubic spline follows it, pixels that lie
    off it left out, and the flat is divided by it: one for all slices, shifted, stretched and bent a little for each
    (`calgui.core.algorithms.flats.shared`), one for each slice where that does not fit, or one for each row. Its knots
    are denser where the median of all rows bends, such as at the edges of the filter.

    What pixels have in common with the spectrum by chance cannot be told from it, and goes with it. Where p parameters
    are fitted to N pixels, the spectrum has an error of their scatter times sqrt(p / N) in the mean (the trace of the
    projection onto the model): the metric ``spectrum_error_fraction``. The flat has it beside the noise of photons and
    reads; neighbours share it, and ERR is without it.
    """
    job = job or Job("Make the slicer flat")
    check_slicer_flats(frames, config)
    found = sort_exposures(frames, config)
    light = combine_light(found, next(iter(found)), dark, config, job.part(0, 0.6))
    data, err, bits = light.whole.data, light.whole.err, light.whole.dq
    assert err is not None
    assert bits is not None
    good = light.usable()
    upright = _along_y(light, config)
    turned = data.T if upright else data
    response = respond(turned, good.T if upright else good, config, job.part(0.6, 0.9))
    smooth = response.smooth.T if upright else response.smooth
    ratio = np.ones(data.shape, np.float32)
    if config.keep_rows:
        # the light along the slice stays in the flat: a pixel is judged by that of its row
        own = np.nan_to_num(response.row_light / np.nanmedian(response.row_light), nan=1.0).astype(np.float32)
        ratio *= own[None, :] if upright else own[:, None]
    counts = Counts()
    with np.errstate(invalid="ignore", divide="ignore"):
        data *= ratio / smooth
        err *= ratio / smooth
    dark_pixels = ~np.isfinite(smooth)
    data[dark_pixels], err[dark_pixels] = np.nan, np.nan
    sees = ~dark_pixels
    flag_rows(data, err, ratio, bits, light.region, 0, config, counts)
    # between the slices there is no light to be missed
    counted = light.region.mask() & ((bits & np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0)
    counts.no_flat -= int(np.count_nonzero(dark_pixels & counted))
    counts.pixels = int(np.count_nonzero(sees & counted))
    good &= sees & ((bits & np.uint32(flags.DO_NOT_USE)) == 0)
    job.report(0.95, "Judging")
    return _result(light, config, counts, good, response, upright)


def _along_y(light: Light, config: SlicerConfig) -> bool:
    if config.axis != "header":
        return config.axis == "y"
    return number(light.found.on[0].header, "DISPAXIS") == 2


def _no_gap(light: Light, response: Response, upright: bool) -> str:
    """That light fills all rows, as in a flat of an imager; empty where there are slices."""
    sensitive = int(np.count_nonzero(light.region.mask().any(axis=0 if upright else 1)))
    lit = int(np.count_nonzero(response.lit))
    if len(response.slices) > 1 or lit < sensitive:
        return ""
    return (
        f"There is no gap between slices: light fills all {lit} rows, and its shape across them was taken out, too. "
        "For an imager make the flat with normalize-flat; else look at the direction of wavelengths (axis)."
    )


def _result(
    light: Light, config: SlicerConfig, counts: Counts, good: BoolArray, response: Response, upright: bool
) -> Result:
    whole = light.whole
    assert whole.err is not None
    smooth = response.smooth.T if upright else response.smooth
    noise, limit, electrons = typical_error(light, whole.data, whole.err, good, response.level, smooth)
    verdict, reasons, odd = judge(light, config, counts, noise, limit, electrons)
    flat, used = (whole.data.T, good.T) if upright else (whole.data, good)
    metrics = common_metrics(light, counts, good, response.level, noise, limit, electrons)
    # of neighbours: neither the spectrum nor light that was left along the slices is in it
    found = metrics["pixel_scatter_fraction"].value
    scatter = found if isinstance(found, float) else 0.0
    # dust that the common spectrum left in the flat is no structure of the spectrum
    columns, structure, told = _left_over(flat, used & ~response.dust, config, response, scatter)
    for note in (told, _no_gap(light, response, upright)):
        if note:
            verdict = "doubtful" if verdict == "good" else verdict
            reasons = (note, *reasons)
    metrics |= {
        "n_slices": Metric(len(response.slices), "", "Stretches of rows with light."),
        "n_rows_apart": Metric(
            response.own, "", "Rows whose own spectrum was fitted, since it differs from that of their slice."
        ),
        "n_slices_alone": Metric(
            response.alone, "", "Slices with a spectrum of their own: a common one was not asked for, or does not fit."
        ),
        "spectrum_error_fraction": Metric(
            scatter * math.sqrt(response.parameters / max(int(np.count_nonzero(good)), 1)),
            "",
            "Typical error of the spectrum that was taken out, shared by neighbours, beside the noise: scatter of the "
            "pixels x sqrt(parameters / pixels).",
        ),
        "n_rows": Metric(int(np.count_nonzero(response.lit)), "", "Rows with light."),
        "first_column": Metric(response.first, "pixel", "Where the light begins along the wavelengths, from 0."),
        "last_column": Metric(response.last, "pixel", "Where it ends."),
        "left_over_fraction": Metric(
            structure, "", "Largest slow structure along the wavelengths that the spline did not follow."
        ),
    }
    header = common_header(light.found.on) | {"BUNIT": "1"}
    spectrum = np.ascontiguousarray(np.nan_to_num(smooth / np.float32(response.level), nan=0.0))
    keywords = common_keywords(light, config) | {
        "FLATNORM": ("spectrum", "what the flat was divided by"),
        "FLATLEV": (response.level, f"[{light.found.unit}] light of the lit rows"),
        "SPECFIT": (config.response, "spectral response fitted to each row or slice"),
        "KEPTROWS": (config.keep_rows, "light along the slices is still in the flat"),
        "SPECPIEC": (config.pieces, "pieces of the spline along the wavelengths"),
        "SPECAXIS": ("y" if upright else "x", "axis of the wavelengths"),
        "NSLICES": (len(response.slices), "stretches of rows with light"),
    }
    return Result(
        frame=Frame(whole.data, whole.err, whole.dq, header),
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=(_spectra(response), columns, *curves(whole.data, good, light.region)),
        tables=(frame_table(light, odd),),
        keywords=keywords,
        planes={"SPECTRUM": spectrum, "NSAMP": whole.samples},
    )


def _left_over(
    flat: FloatArray, good: BoolArray, config: SlicerConfig, response: Response, scatter: float
) -> tuple[Curve, float | None, str]:
    """What is left of the spectrum in the flat: the median of each column, and its slow structure."""
    values = np.where(good, flat, np.float32(np.nan))
    columns = row_quantiles(values.T, 0.5)
    curve = Curve(
        "What the spline left",
        "Pixel along the wavelengths (from 0)",
        "Median of the flat",
        {"median of the rows": (np.arange(columns.size), columns)},
    )
    inside = columns[response.first : response.last + 1]
    rows = max(int(np.count_nonzero(response.lit)), 1)
    width = max(4, inside.size // (6 * config.pieces))
    if inside.size < 3 * width or not np.isfinite(inside).any():
        return curve, None, ""
    inside = np.where(np.isfinite(inside), inside, np.nanmedian(inside))
    slow = np.convolve(inside, np.ones(width) / width, "valid") - np.median(inside)
    error = 1.2533 * scatter / math.sqrt(rows * width)
    worst = float(np.abs(slow).max())
    if worst <= max(_STRUCTURE_SIGMA * error, _STRUCTURE):
        return curve, worst, ""
    place = response.first + int(np.abs(slow).argmax()) + width // 2
    return curve, worst, (
        f"The spline of {config.pieces} pieces does not follow the spectrum: about pixel {place} along the wavelengths "
        f"{100 * worst:.2g} % of it are left in the flat. Give it more pieces."
    )  # fmt: skip


def _spectra(response: Response) -> Curve:
    """The spectral response of some rows."""
    lit = np.flatnonzero(response.lit)
    chosen = lit[np.linspace(0, lit.size - 1, min(_PLOTTED, lit.size)).astype(int)]
    lines = {f"row {row}": (np.arange(response.smooth.shape[1]), response.smooth[row]) for row in np.unique(chosen)}
    return Curve("Spectral response", "Pixel along the wavelengths (from 0)", "Light of the lamp", lines)


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return normalize_slicer_flat(frames, config, references.get("DARK"), job)


ALGORITHMS = (
    Algorithm(
        name="normalize-slicer-flat",
        title="Make a slicer flat",
        summary="Combines flats of the slicer, takes the spectrum of the lamp out, and leaves the response of pixels.",
        inputs="flats of the slicer of one lamp, filter and grating, and lamp-off frames",
        config=SlicerConfig,
        run=_run,
        minimum_inputs=1,
        optional_references=("DARK",),
        wants=wanted_references,
        product="FLAT",
        check=check_slicer_flats,
        source="IRIS algorithm page; cubic B-splines with outliers left out",
    ),
)
