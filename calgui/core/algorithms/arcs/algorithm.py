"""The registered algorithm: an arc in, wavelengths out."""

from typing import Any

from calgui.core.algorithms.arcs.config import REFITS, ArcConfig
from calgui.core.algorithms.arcs.measuring import Measured, check_inputs, measure
from calgui.core.algorithms.arcs.product import extensions
from calgui.core.algorithms.arcs.report import curves, keywords, metrics, spectra_of, tables
from calgui.core.algorithms.arcs.solving import glance, solve
from calgui.core.algorithms.arcs.unsolved import unsolved
from calgui.core.algorithms.arcs.verdict import check_solution, judge
from calgui.core.algorithms.registry import Algorithm, Result, in_two_steps
from calgui.core.jobs import Job


def refit(measured: Measured, config: Any, job: Job) -> Result:
    """Fit solutions to lines that were measured before.

    Parameters
    ----------
    measured : Measured
        Lines of all spectra.
    config : ArcConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
        Without an image: the WAVECAL with its tables, and the spectra.

    Raises
    ------
    InputError, AlgorithmError
        Lines could not be identified, or are too few.
    """
    solved = solve(measured, config, job)
    check_solution(solved)
    spectra = spectra_of(solved)
    said = metrics(solved, spectra)
    verdict, reasons = judge(solved, spectra)
    job.report(1.0, "Solved")
    return Result(
        frame=None,
        metrics=said,
        verdict=verdict,
        reasons=reasons,
        curves=curves(solved),
        tables=tables(solved, spectra),
        keywords=keywords(solved, said),
        extensions=extensions(solved, spectra),
        spectra=spectra,
    )


SOLUTION = Algorithm(
    name="wavelength-solution",
    title="Wavelength solution",
    summary="Identifies the lines of an arc without help, and fits the wavelength of every pixel of every spectrum.",
    inputs="one arc: a spectrum, extracted spectra, traces, or a cube",
    config=ArcConfig,
    run=in_two_steps(measure, refit),
    measure=measure,
    refit=refit,
    refits=REFITS,
    glance=glance,
    unsolved=unsolved,
    takes=("spectrum", "image", "cube"),
    maximum_inputs=1,
    product="WAVECAL",
    check=check_inputs,
    previewable=False,
    source="NIST Atomic Spectra Database; Ciddor 1996 (air); after the pattern matching of PypeIt and IRAF's identify",
)
