"""Blind identification as a whole: an alignment, the names of lines by it, and whether these bear it out."""

from calgui.core.algorithms.arcs.finding import FoundLines
from calgui.core.algorithms.arcs.identifying import FEWEST, Blind, cure_of, identify_blind, lit_to_whole
from calgui.core.algorithms.arcs.lamps import lamp_lines
from calgui.core.algorithms.arcs.naming import Named, name_lines
from calgui.core.algorithms.arcs.ranges import Rough
from calgui.core.errors import AlgorithmError
from calgui.core.jobs import Job

#: evidence of names that chance does not reach. An alignment is one of some million: a thousand places, a hundred
#: scales, both directions and a few curves, so that chance finds 14, and once in a thousand times 21
BORNE_OUT = 21.0


def identified(
    found: FoundLines, lamps: tuple[str, ...], rough: Rough, directions: tuple[int, ...], pixels: int, job: Job
) -> tuple[Blind, Named]:
    """Find out which line is which.

    An alignment that chance may reach counts where the names of lines that follow from it leave no doubt: those are
    held to the places that the other lines foresee, which the alignment is not.

    Parameters
    ----------
    found : FoundLines
        Of the spectrum.
    lamps : tuple of str
        That may be on.
    rough : Rough
        Where it should lie.
    directions : tuple of int
        1: wavelengths rise with the pixel; -1: they fall.
    pixels : int
        Of the spectrum.
    job : Job
        Progress and cancel.

    Returns
    -------
    Blind, Named

    Raises
    ------
    AlgorithmError
        No alignment is far likelier than chance.
    """
    best: tuple[Blind, Named] | None = None
    for blind in identify_blind(found, lamps, lamp_lines(lamps), rough, directions, job):
        named = _named(blind, found, pixels)
        if best is None or _rank(blind, named) > _rank(*best):
            best = blind, named
        if blind.failure is None and named.evidence > BORNE_OUT:
            # no other range will give more
            break
    if best is None:
        raise AlgorithmError(f"No lines of {', '.join(lamps)} lie in the range.", cure=cure_of(lamps))
    blind, named = best
    if blind.failure is not None and named.evidence < BORNE_OUT:
        raise blind.failure
    count = int((named.index >= 0).sum())
    if count < FEWEST:
        raise AlgorithmError(
            f"Of the {len(found)} lines {count} {'lies' if count == 1 else 'lie'} where {', '.join(blind.lamps)} and "
            f"the other lines would have them (limit {FEWEST}): the alignment that was found does not hold.",
            cure=cure_of(lamps),
        )
    return blind, named


def _rank(blind: Blind, named: Named) -> tuple[bool, float, float]:
    is_sure = blind.failure is None or named.evidence >= BORNE_OUT
    # where none is, the one that chance has least to do with
    return is_sure, named.evidence if is_sure else -blind.chance, blind.score


def _named(blind: Blind, found: FoundLines, pixels: int) -> Named:
    coefficients = lit_to_whole(blind.coefficients, found, pixels)
    return name_lines(found, lamp_lines(blind.lamps), coefficients, blind.level, pixels)
