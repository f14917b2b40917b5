"""What is told of persistence: metrics, verdict, curves, tables, keywords."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.algorithms.frametable import moment
from calgui.core.algorithms.known import known
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.persistence.config import PersistenceConfig
from calgui.core.algorithms.persistence.fitting import MOST_TRAPPED, SEEN, Fit, spread_of
from calgui.core.algorithms.persistence.history import History, Samples
from calgui.core.algorithms.persistence.laws import REFERENCE, Exponentials, PowerLaw
from calgui.core.algorithms.persistence.matrix import Matrix
from calgui.core.algorithms.persistence.ordering import Night
from calgui.core.algorithms.persistence.pixels import Usual
from calgui.core.algorithms.registry import Curve, Metric, Table, Verdict
from calgui.core.frames.frame import FloatArray

#: a law that misses its points by more than this is not the law
_CHI2 = 4.0
#: an estimate that is known worse than this part of itself is doubtful
_PART = 0.5
#: more of the detector than this was bright
_MUCH = 0.1
#: what is left after subtraction: so many times its error, and this part of the estimate
_LEFT_SIGMAS, _LEFT_PART = 5.0, 0.25


@dataclass(frozen=True)
class Found:
    """All that is known when the verdict is made.

    Attributes
    ----------
    night : Night
        The frames.
    history : History
        What was looked at.
    matrix : Matrix or None
        Of the pixels that the law was fitted to.
    fit, trusted : Fit or None
        The law, and the same where it is believed.
    usual : Usual or None
        What pixels of the same light have in common.
    rate, error : ndarray of float32
        Estimate in each pixel that was bright, e-/s.
    odd : int
        Pixels for which the law alone was taken.
    after : Samples or None
        What there is in these pixels of the frame to judge.
    """

    night: Night
    history: History
    matrix: Matrix | None
    fit: Fit | None
    trusted: Fit | None
    usual: Usual | None
    rate: FloatArray
    error: FloatArray
    odd: int
    after: Samples | None

    @property
    def frames_after(self) -> int:
        """Frames, the one to judge aside, in which something was measured after the light."""
        return 0 if self.matrix is None else int(np.isfinite(self.matrix.excess).any(axis=1).sum())

    def left(self) -> tuple[float, float] | None:
        """Median of what is left in the frame to judge less the estimate, and its error, e-/s."""
        if self.after is None or self.trusted is None or not self.night.judged.dark:
            return None
        away = self.after.excess - self.rate
        away = away[np.isfinite(away)]
        if away.size < 5:
            return None
        middle = float(np.median(away))
        return middle, 1.2533 * robust_sigma(away, middle) / math.sqrt(away.size)


def metrics(found: Found, flagged: int, full_well: float) -> dict[str, Metric]:
    """Metrics of a result.

    Parameters
    ----------
    found : Found
        What was found.
    flagged : int
        Pixels with the flag.
    full_well : float
        Electrons that a level is told for.

    Returns
    -------
    dict of str to Metric
    """
    law = found.trusted.law if found.trusted is not None else None
    tau = fraction = index = level = None
    usual = float(np.median(found.usual.factor)) if found.usual is not None and found.usual.factor.size else 1.0
    if isinstance(law, Exponentials):
        tau, fraction = law.taus[-1], usual * sum(law.fractions)
    if isinstance(law, PowerLaw):
        index, level = law.index, usual * law.rate * full_well
    others = found.trusted.others if found.trusted is not None else ()
    tau_error = spread_of([other.taus[-1] for other in others if isinstance(other, Exponentials)])
    fraction_error = usual * spread_of([sum(other.fractions) for other in others if isinstance(other, Exponentials)])
    index_error = spread_of([other.index for other in others if isinstance(other, PowerLaw)])
    rate = found.rate
    bright = {one.taken.name for one in found.history.bright_lights}
    left = found.left()
    age = -max((one.taken.stop for one in found.history.bright_lights), default=math.nan)
    return {
        "n_flagged": Metric(flagged, "pixel", "Pixels that are flagged PERSISTENCE."),
        "n_bright": Metric(int(found.history.places.size), "pixel", "Pixels that were bright in frames before."),
        "n_bright_frames": Metric(len(bright), "", "Frames before in which any pixel was bright."),
        "n_frames_fitted": Metric(found.frames_after, "", "Frames after the light that the decay was measured in."),
        "age_s": Metric(known(age), "s", "From the end of the latest bright frame to the frame that is judged."),
        "tau_s": Metric(tau, "s", "Exponential: time to fall to 1/e, the longer one of two."),
        "tau_error_s": Metric(known(tau_error), "s", "Its error, from leaving out a tenth of the pixels in turn."),
        "amplitude_fraction": Metric(fraction, "", "Exponential: part of the electrons that is trapped."),
        "amplitude_error": Metric(known(fraction_error), "", "Its error, as that of tau."),
        "index": Metric(index, "", "Power law t^-index: its index."),
        "index_error": Metric(known(index_error), "", "Its error, as that of tau."),
        "level_e_per_s": Metric(level, "e-/s", f"Power law: rate {REFERENCE:g} s after a full well."),
        "median_estimate_e_per_s": Metric(
            float(np.median(rate)) if rate.size and law is not None else None, "e-/s", "Median of the estimate."
        ),
        "largest_estimate_e_per_s": Metric(
            float(rate.max()) if rate.size and law is not None else None, "e-/s", "Largest estimate."
        ),
        "median_error_e_per_s": Metric(
            float(np.median(found.error)) if rate.size and law is not None else None, "e-/s", "Median of its error."
        ),
        "median_left_e_per_s": Metric(
            left[0] if left is not None else None,
            "e-/s",
            "Of a dark: median of what is still left in them.",
        ),
        "scatter": Metric(
            found.usual.scatter if found.usual is not None and law is not None else None,
            "",
            "By which part pixels of the same light differ.",
        ),
        "reduced_chi2": Metric(known(found.fit.chi2) if found.fit is not None else None, "", "Of the law."),
        "model": Metric(found.fit.name if found.fit is not None else None, "", "Law of the decay."),
    }


def judged(found: Found, config: PersistenceConfig) -> tuple[Verdict, tuple[str, ...]]:
    """Verdict and reasons.

    Parameters
    ----------
    found : Found
        What was found.
    config : PersistenceConfig
        See its options.

    Returns
    -------
    str
        Verdict.
    tuple of str
        Sentences.
    """
    notes = [*found.night.notes, *found.history.notes]
    if not found.history.places.size:
        before = sum(one.start < found.night.judged.start for one in found.night.others)
        if not before:
            return "doubtful", ("There is no frame before the one that is judged: nobody knows what was seen.", *notes)
        frames = f"{before} frame{'s' * (before > 1)} before"
        held = f"No pixel held {config.threshold:g} electrons or was saturated in the {frames}: no persistence."
        return ("doubtful" if notes else "good"), (held, *notes)
    doubts = _doubts(found, config)
    bad = found.fit is not None and found.fit.is_odd and found.fit.significance >= SEEN
    if bad:
        assert found.fit is not None
        doubts.insert(
            0,
            f"What is in these pixels is no afterglow ({found.fit.law.text}): it does not decay, or is more than "
            f"{MOST_TRAPPED:.0%} of the light. Is that still there? Pixels are flagged, and nothing is subtracted.",
        )
    verdict: Verdict = "bad" if bad else "doubtful" if doubts or notes else "good"
    return verdict, (*doubts, *notes, *_told(found, config))


def _doubts(found: Found, config: PersistenceConfig) -> list[str]:
    doubts: list[str] = []
    fit, rate = found.fit, found.rate
    if fit is None:
        few = found.frames_after
        there = "no frame" if not few else "only one frame" if few == 1 else f"only {few} frames"
        lit = len(found.history.samples) - few
        there += f" (and {lit} in which these pixels see light again)" if lit else ""
        doubts.append(
            f"The decay cannot be fitted: {there} between the light and the frame that is judged, and it takes two "
            "(two exponentials: five). Pixels are flagged only; give more frames, or a law by hand (tau, fraction)."
        )
        return doubts
    if not fit.fitted:
        doubts.append(
            f"The law was given by hand, not fitted ({fit.law.text}): its error is taken as {config.law_error:.0%}."
        )
    if math.isfinite(fit.chi2) and fit.chi2 > _CHI2:
        doubts.append(
            f"The law misses the frames by a reduced chi² of {fit.chi2:.1f} (limit {_CHI2:g}): try another model."
        )
    if found.trusted is not None:
        doubts += _rival(found, found.trusted)
    if found.trusted is not None and rate.size and float(np.median(rate)) > 0:
        part = float(np.median(found.error[rate > 0] / rate[rate > 0]))
        if part > _PART and fit.fitted:
            doubts.append(f"The estimate is known to {part:.0%} only (limit {_PART:.0%}).")
    left = found.left()
    if left is not None and abs(left[0]) > max(_LEFT_SIGMAS * left[1], _LEFT_PART * float(np.median(rate))):
        doubts.append(
            f"{left[0]:.3g} ± {left[1]:.2g} e-/s are left in these pixels after subtraction, where the estimate has "
            f"{float(np.median(rate)):.3g}: the law does not hold."
        )
    whole = int(np.count_nonzero(found.history.active))
    if found.history.places.size > _MUCH * whole:
        doubts.append(
            f"{found.history.places.size / whole:.0%} of the detector was bright before (limit {_MUCH:.0%}): few "
            "pixels are left that tell the level."
        )
    return doubts


def _rival(found: Found, fit: Fit) -> list[str]:
    """What another law would give that fits as well, if that is much else."""
    last = found.history.bright_lights[-1].taken
    one = found.night.judged
    ours = float(fit.law.mean(one.start - last.stop, one.stop - last.stop))
    for rival in fit.rivals:
        theirs = float(rival.mean(one.start - last.stop, one.stop - last.stop))
        if abs(theirs - ours) > _PART * ours:
            return [
                f"Another law fits as well ({rival.text}) and gives {theirs / ours:.2g} times as much in the judged "
                "frame: more frames would tell."
            ]
    return []


def _told(found: Found, config: PersistenceConfig) -> list[str]:
    """What is good to know, and no doubt."""
    told = []
    fit = found.fit
    if fit is not None and fit.fitted and fit.significance < SEEN:
        told.append(
            f"{found.history.places.size} pixels were bright before, and no afterglow is seen in them (amplitude "
            f"{fit.significance:.1f} sigma, {SEEN:g} are needed): they are flagged, and nothing is subtracted."
        )
    if found.odd:
        told.append(
            f"{found.odd} pixels differ from the others by more than 5 sigma: the law alone was taken for them."
        )
    if found.trusted is not None and not config.subtract:
        told.append("Pixels are flagged only, as asked; the estimate is in PERSIST.")
    return told


def curves(found: Found, config: PersistenceConfig) -> tuple[Curve, ...]:
    """The decay, and how what is left depends on the light.

    Parameters
    ----------
    found : Found
        What was found.
    config : PersistenceConfig
        Asked for the full well.

    Returns
    -------
    tuple of Curve
    """
    made = []
    fit, full = found.fit, config.saturation
    if fit is not None and fit.points[0].size:
        times, rates, _ = fit.points
        lines: dict[str, tuple[Any, Any]] = {"measured": (times, rates * full)}
        last = max(float(times.max()), -min(one.taken.stop for one in found.history.stimuli))
        grid = np.geomspace(max(float(times.min()) / 2, 1.0), last * 1.2, 80)
        lines[f"{fit.name}"] = (grid, fit.law.mean(grid, grid * 1.001) * full)
        made.append(
            Curve(
                "Decay of the afterglow",
                "Time after the light (s)",
                f"Left of {full:g} electrons (e-/s)",
                lines,
                points=("measured",),
            )
        )
    usual = found.usual
    if usual is not None and usual.light.size > 1:
        made.append(
            Curve(
                "Afterglow against light",
                "Electrons that a pixel held",
                "Afterglow over the law's",
                {"pixels of this light": (usual.light, usual.factor)},
                points=("pixels of this light",),
            )
        )
    return tuple(made)


def tables(found: Found) -> tuple[Table, ...]:
    """The frames in their order.

    Parameters
    ----------
    found : Found
        What was found.

    Returns
    -------
    tuple of Table
    """
    bright = {one.taken.name: one.bright for one in found.history.stimuli}
    samples = {one.taken.name: one for one in found.history.samples}
    if found.after is not None:
        samples[found.after.taken.name] = found.after
    rows = []
    for one in sorted((*found.night.others, found.night.judged), key=lambda taken: taken.start):
        excess = samples[one.name].excess if one.name in samples else np.empty(0, np.float32)
        excess = excess[np.isfinite(excess)]
        rows.append(
            (
                one.name,
                moment(one.frame),
                one.start,
                one.seconds,
                bright.get(one.name, 0),
                float(np.median(excess)) if excess.size else None,
                "judged" if one is found.night.judged else "",
            )
        )
    columns = (
        "File", "Date (UTC)", "Start (s)", "Time (s)", "Bright pixels", "Left in bright pixels (e-/s)", "Remark",
    )  # fmt: skip
    flagged = tuple(place for place, row in enumerate(rows) if row[4])
    return (Table("Frames", columns, tuple(rows), flagged),)


def keywords(found: Found, flagged: int, config: PersistenceConfig) -> dict[str, tuple[Any, str]]:
    """Keywords of the product.

    Parameters
    ----------
    found : Found
        What was found.
    flagged : int
        Pixels with the flag.
    config : PersistenceConfig
        See its options.

    Returns
    -------
    dict
    """
    subtracted = config.subtract and found.trusted is not None
    made: dict[str, tuple[Any, str]] = {
        "S_PERSIS": ("COMPLETE" if subtracted else "SKIPPED", "persistence subtracted"),
        "PERSTHR": (config.threshold, "[e-] pixels were bright from here on"),
        "NPERSIST": (flagged, "pixels flagged PERSISTENCE"),
    }
    law = found.trusted.law if found.trusted is not None else None
    if isinstance(law, Exponentials):
        for number, (part, tau) in enumerate(zip(law.fractions, law.taus, strict=True), 1):
            made |= {
                f"PERSTAU{number}": (tau, "[s] persistence: falls to 1/e"),
                f"PERSFRA{number}": (part, "part of the electrons that is trapped"),
            }
    if isinstance(law, PowerLaw):
        made |= {
            "PERSIND": (law.index, "persistence: index of its power law"),
            "PERSLEV": (law.rate, "[1/s] of one electron, 1000 s after"),
        }
    return made
