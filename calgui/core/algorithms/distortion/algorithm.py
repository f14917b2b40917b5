"""The registered algorithm: pictures of a pinhole mask in, a distortion out."""

from typing import Any

from calgui.core.algorithms.distortion.config import REFITS, DistortionConfig
from calgui.core.algorithms.distortion.drawing import curves, marks
from calgui.core.algorithms.distortion.measuring import Measured, check_pictures, measure
from calgui.core.algorithms.distortion.report import extensions, keywords, metrics, rows, tables
from calgui.core.algorithms.distortion.solving import solve
from calgui.core.algorithms.distortion.verdict import judge
from calgui.core.algorithms.registry import Algorithm, Result, in_two_steps
from calgui.core.jobs import Job


def refit(measured: Measured, config: Any, job: Job) -> Result:
    """Fit a solution to pinholes that were measured before.

    Parameters
    ----------
    measured : Measured
        Pinholes of all pictures.
    config : DistortionConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
        Without an image: the DISTORTION with its tables, and marks on the first picture.

    Raises
    ------
    InputError
        Too few pinholes for the order, or they lie in a line.
    """
    solved = solve(measured, config, job)
    said = metrics(solved)
    verdict, reasons = judge(solved)
    columns = rows(solved)
    job.report(1.0, "Solved")
    return Result(
        frame=None,
        metrics=said,
        verdict=verdict,
        reasons=reasons,
        curves=curves(solved),
        tables=tables(solved),
        keywords=keywords(solved, said),
        extensions=extensions(solved, columns),
        picture=measured.picture,
        marks=marks(solved, columns),
    )


ALGORITHMS = (
    Algorithm(
        name="distortion-solution",
        title="Distortion solution",
        summary="Finds the pinholes of a mask, and fits the distortion of the field to them.",
        inputs="one or more pictures of one pinhole mask",
        config=DistortionConfig,
        run=in_two_steps(measure, refit),
        measure=measure,
        refit=refit,
        refits=REFITS,
        product="DISTORTION",
        check=check_pictures,
        previewable=False,
        source="Service et al. 2016, 2019; Anderson & King 2003; Shupe et al. 2005",
    ),
)
