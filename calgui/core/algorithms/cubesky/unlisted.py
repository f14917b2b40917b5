"""Lines of the sky that the list does not hold, found in the sky itself, so that they are moved and scaled, too."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.cubesky.linemodel import Lines, Measured, measure, profiles
from calgui.core.algorithms.cubesky.moving import baseline
from calgui.core.algorithms.leastsquares import solve
from calgui.core.algorithms.noise import MAD_TO_SIGMA

Floats = npt.NDArray[np.float64]

#: family of lines that no list holds
REST = "rest"
#: a line stands so far above noise, above this part of the listed light beside it, and of the brightest line
_SIGMA, _BESIDE, _LEAST = 8.0, 0.3, 0.01
#: brightest lines first, up to this part of the planes
_MOST = 0.15
#: searches, as a line beside a brighter one is seen only when that is gone; and rounds of the fit of places
_SEARCHES, _ROUNDS = 3, 4
#: light of both neighbours of a line's brightest plane over its own, at least; 0.46 where sigma is half a plane
_WINGS = 0.2
_STEP = 0.02
#: two lines are further apart, in sigma
_APART = 1.0


def with_unlisted(measured: Measured, spectrum: Floats, variance: Floats, smooth: Floats) -> Measured:
    """Add the lines that stand out of the sky and are not in the list, as a family of their own.

    Parameters
    ----------
    measured : Measured
        The lines of the list in the sky.
    spectrum, variance : ndarray of float64, shape (n,)
        The sky, and its variance; NaN is left out.
    smooth : ndarray of float64, shape (n, q)
        Basis of the continuum.

    Returns
    -------
    Measured
        As it was where nothing else stands out. Where no line of the list does, those found are all there is.

    Notes
    -----
    A line found is a Gaussian integrated over the pixels, whose place and strength are fitted. The width of all is that
    of the listed lines where they are seen, and is fitted again where they are not.
    """
    rest = Lines(np.zeros(0), np.zeros(0), np.zeros(0, np.intp), np.zeros(0), (REST,))
    listed, sigma = measured.lines, measured.sigma
    for number in range(_SEARCHES):
        light = np.zeros(len(spectrum))
        if measured.found:
            light = profiles(listed, len(spectrum), sigma) @ listed.strength
        places = _peaks(spectrum, variance, smooth, light, rest, sigma)
        if not places.size:
            break
        places = np.sort(np.concatenate([rest.place, places]))
        count = len(places)
        rest = Lines(places, np.ones(count), np.zeros(count, np.intp), np.zeros(count), (REST,))
        rest = _fitted(rest, spectrum, variance, smooth, light, sigma)
        if not measured.found and number == 0:
            alone = measure(rest, spectrum, variance, smooth)
            if not alone.found:
                return measured
            sigma = alone.sigma
            rest = _fitted(alone.lines, spectrum, variance, smooth, light, sigma)
    if not rest.place.size:
        return measured
    if not measured.found:
        return Measured(sigma, 0.0, rest, found=True)
    joined = Lines(
        np.concatenate([listed.place, rest.place]),
        np.concatenate([listed.strength, rest.strength]),
        np.concatenate([listed.family, np.full(len(rest.place), len(listed.names))]),
        np.concatenate([listed.rotational, rest.rotational]),
        (*listed.names, REST),
    )
    return replace(measured, lines=joined)


def _peaks(spectrum: Floats, variance: Floats, smooth: Floats, listed: Floats, rest: Lines, sigma: float) -> Floats:
    """Planes where light stands out that neither the list nor what was found before explains."""
    from scipy.ndimage import maximum_filter1d

    good = np.isfinite(spectrum) & np.isfinite(variance)
    known = listed + profiles(rest, len(spectrum), sigma) @ rest.strength
    level = smooth @ baseline(spectrum, variance, known, smooth)
    left = np.where(good, spectrum - level - known, 0.0)
    scatter = MAD_TO_SIGMA * float(np.median(np.abs(left[good]))) if good.any() else 0.0
    noise = np.where(good, np.sqrt(np.where(good, variance, 0.0)), np.inf)
    beside = maximum_filter1d(known, 2 * int(np.ceil(4 * sigma)) + 1)
    highest = max(float(known.max(initial=0.0)), float(left.max(initial=0.0)))
    stands = (left > _SIGMA * noise) & (left > _BESIDE * beside) & (left > max(_LEAST * highest, 3 * scatter))
    stands &= left >= maximum_filter1d(left, 3)
    # no instrument shows a line in a single plane: that is a hot one
    wings = np.convolve(left, (1, 0, 1), mode="same")
    stands &= wings > _WINGS * left
    found = np.flatnonzero(stands)
    most = max(int(_MOST * len(spectrum)) - len(rest.place), 0)
    return np.sort(found[np.argsort(-left[found], kind="stable")[:most]]).astype(np.float64)


def _fitted(lines: Lines, spectrum: Floats, variance: Floats, smooth: Floats, listed: Floats, sigma: float) -> Lines:
    """Places and strengths by least squares, the listed light with a scale of its own beside them."""
    good = np.isfinite(spectrum) & np.isfinite(variance)
    floor = (1e-6 * max(float(np.abs(spectrum[good]).max(initial=0.0)), 1e-30)) ** 2
    # profiles are alike to one per cent
    weight = 1 / np.sqrt(variance[good] + (0.01 * np.clip(spectrum[good], 0, None)) ** 2 + floor)
    others = [smooth, listed[:, None]] if listed.any() else [smooth]
    first, n = lines.place, len(spectrum)
    for number in range(_ROUNDS + 1):
        # lines so close that they cannot be told apart are one; one that comes to nothing is none
        kept = np.diff(lines.place, append=np.inf) > _APART * sigma
        while True:
            lines, first = _part(lines, kept), first[kept]
            shape = np.concatenate([profiles(lines, n, sigma).toarray(), *others], axis=1)[good] * weight[:, None]
            strength = solve(shape, spectrum[good] * weight)[: len(first)]
            kept = strength > 0
            if kept.all():
                break
        lines = replace(lines, strength=np.asarray(strength, np.float64))
        if number == _ROUNDS or not first.size:
            break
        ahead, behind = (profiles(lines, n, sigma, step).toarray()[good] for step in (_STEP, -_STEP))
        slope = (ahead - behind) / (2 * _STEP) * lines.strength * weight[:, None]
        solved = solve(np.concatenate([shape, slope], axis=1), spectrum[good] * weight)
        place = lines.place + np.clip(solved[-len(first) :], -0.3, 0.3)
        order = np.argsort(np.clip(place, first - 1, first + 1), kind="stable")
        lines = _part(replace(lines, place=np.clip(place, first - 1, first + 1)), order)
        first = first[order]
    return lines


def _part(lines: Lines, which: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Lines:
    return Lines(lines.place[which], lines.strength[which], lines.family[which], lines.rotational[which], lines.names)
