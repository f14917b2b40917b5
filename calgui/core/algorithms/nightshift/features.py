"""Lines of the night sky as a spectrum of some resolution shows them: features of one or several lines."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.spectra.airglow import SkyLines

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: lines nearer than this, in full widths at half maximum, are one feature; longer chains of lines are none
_TOGETHER, _LONGEST = 1.8, 5.0
#: what the strengths of lines of different transitions may be off by, relative to each other
_UNSURE = 0.2


@dataclass(frozen=True)
class Features:
    """Features by increasing wavelength.

    Attributes
    ----------
    wavelength : ndarray of float64, shape (f,)
        Mean by strength; vacuum, nm.
    intensity : ndarray of float64, shape (f,)
        Relative to the strongest.
    doubt : ndarray of float64, shape (f,)
        nm that the mean may be off by, because strengths are known to a fifth.
    first : ndarray of int, shape (f + 1,)
        First component of each.
    distance, share : ndarray of float64, shape (c,)
        Of components: nm from the mean, and part of the strength.
    family : tuple of str
        Of the strongest component of each.
    """

    wavelength: Floats
    intensity: Floats
    doubt: Floats
    first: Whole
    distance: Floats
    share: Floats
    family: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.wavelength)


def features_of(lines: SkyLines, fwhm: float, faintest: float, most_doubt: float) -> Features:
    """Features of the sky at a resolution.

    Parameters
    ----------
    lines : SkyLines
        Of the range.
    fwhm : float
        Full width at half maximum of a line as seen, nm.
    faintest : float
        Features fainter than this part of the strongest are left out.
    most_doubt : float
        nm; features that are known worse are left out.

    Returns
    -------
    Features

    Notes
    -----
    The two lines of a Lambda doublet are equally strong, so that their mean is known; lines of different transitions
    are known relative to each other to a fifth (rotational temperature, families).
    """
    wavelength, strength = lines.wavelength, lines.intensity
    if not len(wavelength):
        none = np.zeros(0)
        return Features(none, none, none, np.zeros(1, np.int64), none, none, ())
    top = float(strength.max())
    # what is too faint to move a feature is left out first, so that it joins none
    seen = strength > 0.1 * faintest * top
    index = np.flatnonzero(seen)
    wavelength, strength = wavelength[index], strength[index]
    starts = np.flatnonzero(np.r_[True, np.diff(wavelength) > _TOGETHER * fwhm])
    ends = np.r_[starts[1:], len(wavelength)]
    means, totals, doubts, firsts, distances, shares, families = [], [], [], [0], [], [], []
    for begin, end in zip(starts.tolist(), ends.tolist(), strict=True):
        own, light = wavelength[begin:end], strength[begin:end]
        total = float(light.sum())
        mean = float(np.sum(own * light) / total)
        doubt = _doubt(lines, index[begin:end], own - mean, light / total)
        if total < faintest * top or own[-1] - own[0] > _LONGEST * fwhm or doubt > most_doubt:
            continue
        means.append(mean)
        totals.append(total)
        doubts.append(doubt)
        distances.extend((own - mean).tolist())
        shares.extend((light / total).tolist())
        firsts.append(len(distances))
        families.append(lines.family[int(index[begin + int(np.argmax(light))])])
    strongest = max(totals, default=1.0)
    return Features(
        np.array(means), np.array(totals) / strongest, np.array(doubts), np.array(firsts, np.int64),
        np.array(distances), np.array(shares), tuple(families),
    )  # fmt: skip


def _doubt(lines: SkyLines, index: Whole, apart: Floats, share: Floats) -> float:
    """How far the mean may be off, from transitions that vary on their own."""
    moved: dict[tuple[str, str], float] = {}
    for number, (place, distance, part) in enumerate(zip(index.tolist(), apart, share, strict=True)):
        name = lines.family[place], lines.branch[place] or str(number)
        moved[name] = moved.get(name, 0.0) + float(part * distance)
    return _UNSURE * float(np.sqrt(np.sum(np.square(list(moved.values())))))
