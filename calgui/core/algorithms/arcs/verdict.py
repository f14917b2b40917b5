"""Whether a wavelength solution is good, and why not."""

import math
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.arcs.gaussians import FWHM
from calgui.core.algorithms.arcs.identified import BORNE_OUT
from calgui.core.algorithms.arcs.mainfit import EXCLUDED, MISSING, REJECTED, UNIDENTIFIED, USED
from calgui.core.algorithms.arcs.solving import Solved
from calgui.core.algorithms.registry import Verdict
from calgui.core.algorithms.spectrumedits import parse_identified
from calgui.core.algorithms.spectrummarks import Spectra
from calgui.core.errors import AlgorithmError

#: residuals, in pixels, that are odd, and that are no solution
_ODD, _WRONG = 0.2, 0.5
#: part of the bright lines without a use: doubtful, and refused
_MANY, _TOO_MANY = 0.4, 0.6
#: part of all lines, between the first and the last used one, that must be used
_FEW = 0.45
#: so many of the brightest lines are the bright ones
_BRIGHT = 15
#: lines that were rejected, of those named
_REJECTED, _TOO_REJECTED = 0.2, 0.4
#: part of the spectrum beyond the first and last line
_BEYOND = 0.3
#: error of the solution between its lines
_BUDGET = 0.02
#: cross-validated residuals over those of the best order
_WORSE = 1.15
#: part of the lines that is saturated, and of the brightest
_FULL, _FULL_BRIGHT = 0.3, 0.05
#: part of the spectra that failed: doubtful, and bad
_FAILED, _TOO_FAILED = 0.05, 0.5
#: widths of lines within which a listed line is the one that was named by hand
_NEAR = 1.5


@dataclass(frozen=True)
class Shares:
    """Parts of the lines of the main spectrum.

    Attributes
    ----------
    used, named, rejected : int
        Lines.
    idle : int
        Bright lines, between the first and the last used one, that are neither used nor excluded by hand.
    bright : int
        Bright lines there.
    beyond : float
        Part of the lit pixels outside of the first and last used line.
    """

    used: int
    named: int
    rejected: int
    idle: int
    bright: int
    beyond: float


def shares(solved: Solved) -> Shares:
    """Count the lines of the main spectrum.

    Parameters
    ----------
    solved : Solved
        Solutions.

    Returns
    -------
    Shares
    """
    one, found = solved.main.solution, solved.found
    used = one.state == USED
    first, last = float(one.pixel[used].min()), float(one.pixel[used].max())
    within = (one.pixel >= first) & (one.pixel <= last) & ~found.saturated & (one.state != EXCLUDED)
    inside = np.flatnonzero(within)
    bright = inside[np.argsort(-one.flux[inside])[:_BRIGHT]]
    lit = max(found.last - found.first, 1)
    return Shares(
        int(used.sum()),
        int((one.listed >= 0).sum()),
        int(((one.state == REJECTED) & found.usable).sum()),
        int((one.state[bright] != USED).sum()),
        len(bright),
        max(0.0, 1 - (last - first) / lit),
    )


def solution_error(solved: Solved) -> float:
    """Error of the main solution between its first and last line, RMS, in pixels.

    Parameters
    ----------
    solved : Solved
        Solutions.

    Returns
    -------
    float
        From the covariance of its coefficients, and the error of the mean of the lines' shape.
    """
    one, fit = solved.main.solution, solved.main.fit
    used = one.state == USED
    pixel = np.linspace(float(one.pixel[used].min()), float(one.pixel[used].max()), 101)
    design = np.polynomial.legendre.legvander(one.place(pixel), one.order)
    variance = np.einsum("ij,jk,ik->i", design, fit.covariance, design)
    common = solved.found.shape.error * one.fwhm / FWHM
    return math.hypot(math.sqrt(float(np.mean(np.abs(variance) / np.square(one.dispersion(pixel))))), common)


def check_solution(solved: Solved) -> None:
    """Refuse a solution that holds only because what does not fit was thrown away.

    Parameters
    ----------
    solved : Solved
        Solutions.

    Raises
    ------
    AlgorithmError
        Most bright lines do not fit, or it runs backwards within the spectrum.
    """
    count = shares(solved)
    one = solved.main.solution
    if solved.by_hand == 0 and count.bright >= 4 and count.idle > _TOO_MANY * count.bright:
        raise AlgorithmError(
            f"{count.idle} of the {count.bright} brightest lines between the first and the last that fit have no use "
            f"(limit {100 * _TOO_MANY:.0f} %): this is no solution.",
            cure="Check which lamps were on (option lamps) and the range (options wavemin, wavemax), or name lines by "
            "hand (option identify).",
        )
    used = one.state == USED
    between = (one.pixel >= one.pixel[used].min()) & (one.pixel <= one.pixel[used].max()) & (one.state != EXCLUDED)
    if solved.by_hand == 0 and used.sum() < _FEW * between.sum() and solved.named.evidence < BORNE_OUT:
        raise AlgorithmError(
            f"Only {int(used.sum())} of {int(between.sum())} lines between the first and the last that fit are used "
            f"(limit {100 * _FEW:.0f} %): this may be chance.",
            cure="Check which lamps were on (option lamps), choose a higher threshold, or name lines by hand (option "
            "identify).",
        )
    step = one.dispersion(np.linspace(*one.domain, 201))
    if np.any(step > 0) and np.any(step < 0):
        raise AlgorithmError(
            f"With order {one.order} wavelengths run backwards within the spectrum.", cure="Choose a lower order."
        )


def judge(solved: Solved, spectra: Spectra) -> tuple[Verdict, tuple[str, ...]]:
    """Judge a solution.

    Parameters
    ----------
    solved : Solved
        Solutions.
    spectra : Spectra
        All of them.

    Returns
    -------
    str, tuple of str
        Verdict, and its reasons as sentences.
    """
    bad, doubtful = _bad(solved, spectra), [*_doubtful(solved, spectra), *solved.stray]
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful, *_notes(solved, spectra))


def _bad(solved: Solved, spectra: Spectra) -> list[str]:
    made, count, rms = [], shares(solved), solved.main.solution.rms
    if rms > _WRONG:
        made.append(f"The residuals are {rms:.2f} pixel (limit {_WRONG:g}): this is no solution.")
    if count.rejected > _TOO_REJECTED * count.named:
        made.append(
            f"{count.rejected} of {count.named} identified lines were rejected (limit {100 * _TOO_REJECTED:.0f} %)."
        )
    n, failed = _failed(spectra)
    if n > 1 and failed > _TOO_FAILED * n:
        made.append(f"{failed} of {n} spectra have no solution (limit {100 * _TOO_FAILED:.0f} %).")
    return made


def _failed(spectra: Spectra) -> tuple[int, int]:
    empty = int((spectra.state == 3).sum())
    return len(spectra.state) - empty, int((spectra.state == 2).sum())


def _doubtful(solved: Solved, spectra: Spectra) -> list[str]:
    made, count, main = [], shares(solved), solved.main
    rms = main.solution.rms
    if _ODD < rms <= _WRONG:
        made.append(f"The residuals are {rms:.2f} pixel (limit {_ODD:g}).")
    if count.bright >= 4 and count.idle > _MANY * count.bright:
        made.append(
            f"{count.idle} of the {count.bright} brightest lines are not used (limit {100 * _MANY:.0f} %): not listed, "
            "blended, or rejected."
        )
    if _REJECTED * count.named < count.rejected <= _TOO_REJECTED * count.named:
        made.append(
            f"{count.rejected} of {count.named} identified lines were rejected (limit {100 * _REJECTED:.0f} %)."
        )
    if count.beyond > _BEYOND:
        made.append(
            f"{100 * count.beyond:.0f} % of the spectrum lie beyond the first and the last line (limit "
            f"{100 * _BEYOND:.0f} %): the solution is extrapolated there, and its error grows."
        )
    look, best = main.look(main.solution.order), main.look(main.best)
    if look is not None and best is not None and look.cross_validated > _WORSE * best.cross_validated:
        way = "low" if main.best > main.solution.order else "high"
        made.append(
            f"Order {main.solution.order} is too {way}: cross-validated residuals are {look.cross_validated:.3f} "
            f"pixel, with order {main.best} they are {best.cross_validated:.3f}."
        )
    blind = solved.measured.blind
    if blind is not None and blind.dark:
        lamps = ", ".join(blind.dark)
        made.append(f"No lines of {lamps} are seen: {'it was' if len(blind.dark) == 1 else 'they were'} not used.")
    n, failed = _failed(spectra)
    if n > 1 and _FAILED * n < failed <= _TOO_FAILED * n:
        made.append(f"{failed} of {n} spectra have no solution (limit {100 * _FAILED:.0f} %).")
    if _too_full(solved):
        made.append(_full(solved))
    return made


def _bright_full(solved: Solved) -> tuple[int, int]:
    """Saturated ones of the brightest lines, and how many these are."""
    found = solved.found
    bright = np.argsort(-found.flux)[:_BRIGHT]
    return int(found.saturated[bright].sum()), len(bright)


def _too_full(solved: Solved) -> bool:
    full, bright = _bright_full(solved)
    return int(solved.found.saturated.sum()) > _FULL * len(solved.found) or full > _FULL_BRIGHT * bright


def _full(solved: Solved) -> str:
    full, count, limit = int(solved.found.saturated.sum()), len(solved.found), _FULL
    what = f"of {count} lines"
    if full <= limit * count and _too_full(solved):
        (full, count), limit = _bright_full(solved), _FULL_BRIGHT
        what = f"of the {count} brightest lines"
    return (
        f"{full} {what} {'is' if full == 1 else 'are'} saturated and not used (limit {100 * limit:.0f} %): a shorter "
        f"exposure, or a fainter lamp, keeps {'it' if full == 1 else 'them'}."
    )


def _notes(solved: Solved, spectra: Spectra) -> list[str]:
    """What is to be known, and says nothing against the solution."""
    made = []
    error = solution_error(solved)
    if error > _BUDGET:
        made.append(
            f"The error of the solution between its lines is {error:.3f} pixel (goal {_BUDGET:g}): more, or brighter, "
            "lines lessen it."
        )
    if solved.found.saturated.any() and not _too_full(solved):
        made.append(_full(solved))
    if solved.measured.blind is None:
        said = (
            "blind, they could not be" if solved.measured.failure is not None else "blind, they were taken for others"
        )
        made.append(f"The lines were identified from those named by hand; {said}.")
    made += _unheard(solved, spectra)
    stray = int(np.sum(spectra.lines.state[spectra.lines.of(spectra.main)] == UNIDENTIFIED))
    if stray:
        have = "line has" if stray == 1 else "lines have"
        made.append(f"{stray} {have} no name: not listed, blended, or too near another.")
    return made


def _unheard(solved: Solved, spectra: Spectra) -> list[str]:
    """Names that were given by hand and that the main spectrum, as it is shown, does not use."""
    rows = spectra.lines.of(spectra.main)
    pixel, wave, state = (getattr(spectra.lines, name)[rows] for name in ("pixel", "wavelength", "state"))
    told, main, made = " ".join(solved.stray), solved.main.solution, []
    step = float(np.abs(main.dispersion(np.array([sum(main.domain) / 2])))[0])
    near = _NEAR * (main.fwhm if np.isfinite(main.fwhm) else 3.0) * step
    for one in parse_identified(solved.config.identify):
        apart = np.where(state != MISSING, np.abs(pixel - one.pixel), np.inf)
        at = int(np.argmin(apart)) if apart.size else -1
        heard = at >= 0 and state[at] in (USED, EXCLUDED) and abs(wave[at] - one.wavelength) < near
        if not heard and f"pixel {one.pixel:g}" not in told:
            made.append(
                f"The line at pixel {one.pixel:g}, named {one.wavelength:.3f} nm by hand, is not used: it is blended, "
                "damaged, or lies off the others."
            )
    return made
