"""Whether a residual is good, and why not."""

from calgui.core.algorithms.dispersion.adcreport import adopted_mas
from calgui.core.algorithms.dispersion.paths import COARSE_ERROR, reasons_of
from calgui.core.algorithms.dispersion.residual import Agreement, Residual
from calgui.core.algorithms.registry import Verdict

#: chance below which measured and computed are said to disagree
_CHANCE = 1e-4
#: the part of the limit by which they must differ, too: with much light nothing is equal
_TELLING = 0.1
_BAD = 5.0
#: places that do not fit, as a part of all
_MANY = 0.2
#: reduced chi² of the polynomials
_ROUGH = 3.0


def judge(made: Residual) -> tuple[Verdict, tuple[str, ...]]:
    """Judge a residual.

    Parameters
    ----------
    made : Residual
        Any.

    Returns
    -------
    str, tuple of str
        Verdict, and its reasons as sentences.
    """
    bad: list[str] = []
    doubtful = list(made.doubts)
    notes: list[str] = []
    limit, largest = made.config.limit, adopted_mas(made)
    of = "of the star" if made.star is not None else "computed"
    if largest > limit:
        said = f"The residual {of} is {largest:.2f} mas between two wavelengths (limit {limit:g} mas)."
        (bad if largest > _BAD * limit else doubtful).append(said)
    if made.computed is not None and made.computed.correction.note:
        # of a star, the measurement says what was left
        (notes if made.star is not None else doubtful).append(made.computed.correction.note)
    if made.star is not None:
        _star(made, doubtful)
    if made.agreement is not None:
        _agreement(made, made.agreement, doubtful)
    if isinstance(made.lying, str) and made.star is not None:
        notes.append(made.lying)
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful, *notes)


def _star(made: Residual, doubtful: list[str]) -> None:
    star = made.star
    assert star is not None
    total = len(made.wavelength)
    rejected = int(star.fit.rejected.sum())
    lost = reasons_of(star.path.flags[0])
    if rejected + sum(lost.values()) > _MANY * total:
        parts = [f"{count} {word}" for word, count in lost.items()] + ([f"{rejected} rejected"] if rejected else [])
        doubtful.append(f"Of {total} ranges of wavelength {', '.join(parts)} (limit {100 * _MANY:.0f} %).")
    if star.path.coarse:
        doubtful.append(
            f"The star is smaller than a pixel of this cube: where in it it is, is known to {COARSE_ERROR:g} pixel."
        )
    if star.fit.chi2 > _ROUGH:
        doubtful.append(
            f"The star scatters about polynomials of order {made.config.order} with a reduced chi² of "
            f"{star.fit.chi2:.1f} (limit {_ROUGH:g}): its path is rougher, or its errors are larger than it says."
        )


def _agreement(made: Residual, found: Agreement, doubtful: list[str]) -> None:
    if found.chance > _CHANCE or found.worst < _TELLING * made.config.limit:
        return
    said = (
        f"Measured and computed differ by up to {found.worst:.2f} mas, with a reduced chi² of {found.chi2:.1f} that "
        f"errors alone make in {100 * found.chance:.2g} % of all cases (limit {100 * _CHANCE:g} %)."
    )
    computed = made.computed
    assert computed is not None
    if found.part > 0.05:
        said += (
            f" The star shows {found.part:.2f} of the dispersion of the air, {found.angle:+.0f}° from the zenith"
            f"{_hint(found, computed.correction.known)}."
        )
    doubtful.append(said)


def _hint(found: Agreement, known: bool) -> str:
    if abs(found.angle) > 160 and found.part > 0.8:
        return ": look whether the picture is turned by 180°"
    if abs(found.angle) < 12 and not known:
        return f": the corrector took out {1 - found.part:.2f} of it, adc_fraction={1 - found.part:.2f} says so"
    if found.part > 0.5 and abs(found.angle) > 12:
        return ": look at the sign of the parallactic angle, and how the picture lies on the sky"
    return ""
