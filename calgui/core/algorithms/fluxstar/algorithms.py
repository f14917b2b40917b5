"""The registered algorithms of flux calibration stars."""

from collections.abc import Mapping, Sequence
from typing import Any

from calgui.core.algorithms.fluxstar.config import ExtractConfig, StarConfig, ZeroPointConfig
from calgui.core.algorithms.fluxstar.cube import MeasuredCube, axis_of, measure_cube
from calgui.core.algorithms.fluxstar.cubespectrum import extracted_cube
from calgui.core.algorithms.fluxstar.extract import extracted
from calgui.core.algorithms.fluxstar.inputs import facts_of
from calgui.core.algorithms.fluxstar.photometry import Measured, measure_star, place_of
from calgui.core.algorithms.fluxstar.zeropoint import standard_of, zero_point
from calgui.core.algorithms.registry import Algorithm, Result, in_two_steps
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job

_REFITS = ("radius",)
_OF_MAGNITUDES = (
    "magnitude", "magnitude_error", "magnitude_system", "magnitude_filter", "temperature", "color", "color_term",
    "filter", "extinction", "extinction_error", "airmass", "area",
)  # fmt: skip


def _check(frames: Sequence[FrameLike], config: Any = None) -> None:
    for frame in frames:
        if len(frame.shape) == 3:
            axis_of(frame)
        if config is not None:
            place_of(config)
            facts_of(frame, config)
            if isinstance(config, ZeroPointConfig):
                standard_of(frame.header, frame.path, config)


def _wants(frames: Sequence[FrameLike], config: StarConfig) -> Sequence[str]:
    return ("PSFSTAR",) if config.correction == "psf" else ()


def _measure(
    frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job
) -> Measured | MeasuredCube:
    _check(frames, config)
    if len(frames[0].shape) == 3:
        return measure_cube(frames[0], references, config, job)
    return measure_star(frames, references, config, job)


def _extract(measured: Measured | MeasuredCube, config: Any, job: Job) -> Result:
    if isinstance(measured, MeasuredCube):
        return extracted_cube(measured, config, job)
    return extracted(measured, config, job)


ALGORITHMS = (
    Algorithm(
        name="extract-star",
        title="Extract a star",
        summary="The flux of a star at the aperture of the best signal to noise, with its curve of growth; of a cube "
        "its spectrum.",
        inputs="one image or cube of a star",
        takes=("image", "cube"),
        config=ExtractConfig,
        run=in_two_steps(_measure, _extract),
        measure=_measure,
        refit=_extract,
        refits=_REFITS,
        minimum_inputs=1,
        maximum_inputs=1,
        optional_references=("PSFSTAR",),
        wants=_wants,
        product="FLUXSTAR",
        check=_check,
        source="Howell 1989, PASP 101, 616 (optimum apertures and growth); photutils",
    ),
    Algorithm(
        name="zero-point",
        title="Zero point",
        summary="The AB magnitude of one electron per second, from a star of known magnitude.",
        inputs="one image of a star",
        config=ZeroPointConfig,
        run=in_two_steps(_measure, zero_point),
        measure=_measure,
        refit=zero_point,
        refits=(*_REFITS, *_OF_MAGNITUDES),
        minimum_inputs=1,
        maximum_inputs=1,
        optional_references=("PSFSTAR",),
        wants=_wants,
        makes_file=False,
        check=_check,
        source="Oke & Gunn 1983, ApJ 266, 713 (AB); Bohlin, Hubeny & Rauch 2020, AJ 160, 21 (Vega)",
    ),
)
