"""``adc-residual``: what is left of the atmospheric dispersion, computed and measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from calgui.core.algorithms.dispersion.adcmetrics import metrics
from calgui.core.algorithms.dispersion.adcreport import curves, extension, keywords, marks, tables
from calgui.core.algorithms.dispersion.adcverdict import judge
from calgui.core.algorithms.dispersion.bands import band_of, check_range
from calgui.core.algorithms.dispersion.conditions import conditions_of, scale_of_picture
from calgui.core.algorithms.dispersion.config import REFITS, AdcConfig
from calgui.core.algorithms.dispersion.fitting import excluded_ranges
from calgui.core.algorithms.dispersion.following import follow
from calgui.core.algorithms.dispersion.paths import Sources
from calgui.core.algorithms.dispersion.residual import Seen, residual_of
from calgui.core.algorithms.inputkinds import kind_of
from calgui.core.algorithms.positions import parse_positions
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.cubes import wavelengths_um
from calgui.core.algorithms.psf.setting import setting_of
from calgui.core.algorithms.registry import Algorithm, Result, in_two_steps
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job


def _is_star(frame: FrameLike, config: AdcConfig) -> bool:
    return kind_of(frame) == "cube" and config.use != "computed"


def check_adc(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse what lacks something, before pixels are read.

    Parameters
    ----------
    frames : sequence of FrameLike
        One; only its header and shape are looked at.
    config : AdcConfig, optional
        Options stand in for keywords.

    Raises
    ------
    InputError
        Naming what is missing.
    UsageError
        An option cannot be read.
    """
    how: AdcConfig = config or AdcConfig()
    excluded_ranges(how.exclude)
    parse_positions(how.star, "star")
    frame = frames[0]
    if kind_of(frame) == "ramp" and how.use != "computed":
        raise InputError(
            f"None of the {len(frame.shape)} axes is of wavelengths: this is a ramp, or a cube that does not say so.",
            path=frame.path,
            cure="For a cube of a star add CTYPE3 (WAVE), CRVAL3, CDELT3 and CUNIT3; use=computed takes the header.",
        )
    if kind_of(frame) == "cube":
        wave = wavelengths_um(frame)
        first, last = float(wave.min()), float(wave.max())
    else:
        first, last = band_of(frame.header, how, frame.path)
    if not _is_star(frame, how) or how.use != "measured":
        check_range(first, last, frame.path)
        conditions_of(frame.header, how, frame.path)


def measure(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Seen:
    """Follow the star of a cube; of anything else take the header.

    Parameters
    ----------
    frames : sequence of FrameLike
        One.
    references : mapping
        None is used.
    config : AdcConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Seen

    Raises
    ------
    InputError
        There is no star, or it cannot be used.
    """
    frame = frames[0]
    if kind_of(frame) != "cube":
        return Seen(frame.header, frame.path, frame.shape)
    wave = wavelengths_um(frame)
    ends = float(wave.min()), float(wave.max())
    if not _is_star(frame, config):
        return Seen(frame.header, frame.path, frame.shape, ends)
    ny, nx = frame.shape[1:]
    scale, _ = scale_of_picture(frame.header, config.pixel_scale_mas, ((nx - 1) / 2, (ny - 1) / 2))
    psf = PsfConfig(pixel_scale_mas=scale.value if scale is not None else None)
    setting = setting_of(frame, psf, ends)
    sources = Sources("star", parse_positions(config.star, "star")[:1], 1, config.threshold, "star")
    star = follow(frame, wave, setting, sources, config.slices, job)
    return Seen(frame.header, frame.path, frame.shape, ends, star)


def refit(measured: Any, config: Any, job: Job) -> Result:
    """Compute the residual and compare it with the star.

    Parameters
    ----------
    measured : Seen
        From `measure`.
    config : AdcConfig
        See its options.
    job : Job
        Progress.

    Returns
    -------
    Result
        The table ``ADC``.

    Raises
    ------
    InputError
        What is missing, by name.
    """
    made = residual_of(measured, config)
    said = metrics(made)
    verdict, reasons = judge(made)
    job.report(1.0, "Compared")
    return Result(
        frame=None,
        metrics=said,
        verdict=verdict,
        reasons=reasons,
        curves=curves(made),
        tables=tables(made),
        keywords=keywords(made, said),
        extensions=(extension(made),),
        picture=measured.picture,
        marks=marks(made),
        first="plots",
    )


ADC = Algorithm(
    name="adc-residual",
    title="Residual of the ADC",
    summary="Computes the dispersion of the air and what the corrector left of it, and measures it on a star.",
    inputs="one header of an exposure, or one cube of a star",
    config=AdcConfig,
    run=in_two_steps(measure, refit),
    takes=("header", "image", "ramp", "cube"),
    maximum_inputs=1,
    measure=measure,
    refit=refit,
    refits=REFITS,
    product="ADC",
    check=check_adc,
    previewable=False,
    source="Ciddor 1996; Mathar 2007; Stone 1996",
)
