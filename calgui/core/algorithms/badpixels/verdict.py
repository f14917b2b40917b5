"""Is a bad pixel map good? The verdict, each reason a sentence with its numbers."""

from collections.abc import Mapping

from calgui.core.algorithms.agreement import unchecked
from calgui.core.algorithms.badpixels.darkside import Darks
from calgui.core.algorithms.badpixels.lightside import Flats
from calgui.core.algorithms.badpixels.sorting import Sorted
from calgui.core.algorithms.badpixels.structure import BoolArray
from calgui.core.algorithms.badpixels.summary import full_lines
from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.registry import Metric, Verdict
from calgui.core.frames.frame import DqArray

#: parts of the pixels not to be used from which a map is bad, and doubtful
_BAD, _DOUBTFUL = 0.05, 0.02
#: a row or column of which this part is flagged is told
_LINE = 0.5
#: lines that are named in a sentence
_NAMED = 5
#: darks above this level see light, or were taken warm; some forty times the dark current of an H4RG, e-/s
_DARK = 1.0
#: with fewer darks no pixel of two levels can be told, and hardly a noisy one
_FEW = 5
#: faintest flat in noise of one frame in which a response of 0.05 is told from none
_FAINT = 100.0


def judge(
    parts: Sorted,
    darks: Darks,
    flats: Flats | None,
    metrics: Mapping[str, Metric],
    odd: Mapping[int, str],
    dq: DqArray,
    light: BoolArray,
) -> tuple[Verdict, tuple[str, ...]]:
    """Judge a bad pixel map.

    Parameters
    ----------
    parts : Sorted
        Inputs.
    darks, flats : Darks, Flats or None
        What was measured.
    metrics : mapping of str to Metric
        ``bad_fraction``, ``median_rate_e_per_s``.
    odd : mapping of int to str
        Darks that stand out, and why.
    dq : ndarray of uint32
        The map.
    light : ndarray of bool
        Light-sensitive pixels.

    Returns
    -------
    verdict : str
        ``good``, ``doubtful`` or ``bad``.
    reasons : tuple of str
        Sentences with their numbers, the worst first.
    """
    bad, doubtful, notes = [], [], []
    part, level = float(metrics["bad_fraction"].value or 0), float(metrics["median_rate_e_per_s"].value or 0)
    if darks.structure.typical_sigma == 0 or darks.noise.typical_level == 0:
        bad.append("The darks have no noise at all: they are constant or copies of one another.")
    if part > _BAD:
        bad.append(f"{100 * part:.1f} % of the pixels are not to be used: a threshold is wrong, or a frame is.")
    elif part > _DOUBTFUL:
        doubtful.append(f"{100 * part:.1f} % of the pixels are not to be used; some tenths of a percent are usual.")
    if 2 * len(odd) >= len(parts.darks):
        bad.append("At least half of the darks do not agree with the others.")
    doubtful += [f"{file_name(parts.darks[index])} stands out: {why}." for index, why in sorted(odd.items())]
    if level > _DARK:
        doubtful.append(f"The darks hold {level:.4g} e-/s: light, a warm detector, or a bias that was not taken out.")
    lines = full_lines(dq, light, _LINE)
    if lines:
        more = f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
        doubtful.append(
            f"Half or more is flagged of {', '.join(lines[:_NAMED])}{more}: electronics rather than pixels."
        )
    doubtful += _of_flats(flats)
    missing = unchecked(parts.darks)
    if missing:
        doubtful.append(f"Not compared among the darks, because no header says it: {'; '.join(missing)}.")
    if darks.scale.keyword == "option":
        doubtful.append(f"The time of the darks, {darks.scale.seconds:g} s, was given, not read from the headers.")
    if len(parts.darks) < _FEW:
        told = "not" if len(parts.darks) < 4 else "hardly"
        notes.append(
            f"Of {len(parts.darks)} darks pixels that sit on two levels are {told} told from good ones: "
            f"take {_FEW} or more."
        )
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful, *notes)


def _of_flats(flats: Flats | None) -> list[str]:
    if flats is None:
        return ["No flat was given: of dead pixels only those without noise were found, and none of low response."]
    told = [f"{name} was left out: {why}." for name, why in flats.left_out.items()]
    if flats.around.typical_sigma == 0:
        told.append("The flats have no scatter at all: they are saturated, or no exposures.")
    if flats.light_sigma < _FAINT:
        told.append(
            f"The faintest flat holds {flats.light_sigma:.0f} times the noise of one frame: a dead pixel may pass for "
            "one of low response."
        )
    return told
