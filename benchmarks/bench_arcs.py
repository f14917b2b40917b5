"""14,000 spectra of 2,000 pixels of an argon, krypton and xenon lamp in H, solved: a stress case.

The peer is what one writes in an afternoon: for each spectrum `scipy.signal.find_peaks` and a parabola through three
pixels; the shift and stretch of the first spectrum's solution at which the most peaks fall on listed lines, tried one
after the other as neighbours are up to 40 pixels apart; and `numpy.polynomial.Legendre.fit`, three times, without what
lies off. It is run on every 93rd spectrum, and its time is scaled to all. It has no errors, and leaves blends as they
are. It is given the solution of one spectrum; ours begins without any, and the first is identified blind.
"""

from typing import Any

import numpy as np

from benchmarks.harness import Row, bound, seconds

_ROWS, _COLUMNS, _PIXELS = 112, 125, 2000
_LOW, _HIGH = 1478.0, 1802.0
_SAMPLE, _ORDER = 150, "4"


def measure() -> list[Row]:
    """The whole, and the answers to a changed option."""
    from calgui.core.algorithms.arcs.config import ArcConfig
    from calgui.core.algorithms.registry import algorithm
    from calgui.core.jobs import Job

    how = algorithm("wavelength-solution")
    assert how.measure is not None
    assert how.refit is not None
    frame, truth = _field()
    config = ArcConfig(order=_ORDER)
    # loops are compiled, or read from the disk, and the first pages of memory are asked for
    how.run([_part(frame, 4)], {}, config, Job())
    measured: list[Any] = []
    ours = seconds(lambda: measured.append(how.measure([frame], {}, config, Job())))  # type: ignore[misc]
    fit = how.refit
    ours += seconds(lambda: fit(measured[0], config, Job()))
    peer = seconds(lambda: _loop(frame.data[:: len(frame.data) // _SAMPLE][:_SAMPLE], truth[len(truth) // 2]))
    peer *= len(frame.data) / _SAMPLE
    line = _lines()[0][5]
    answers = []
    for changed in (ArcConfig(order="5"), ArcConfig(order=_ORDER, exclude=f"{line:.4f}"), ArcConfig(order="3")):
        answers.append(min(seconds(lambda changed=changed: fit(measured[0], changed, Job())) for _ in range(5)))
    what = f"{len(frame.data):,} spectra of {_PIXELS:,} pixels solved"
    return [
        bound(what, ours, 20.0),
        Row(what, f"find_peaks, Legendre.fit ({_SAMPLE} of them, scaled)", ours, peer, peer / ours, 20.0, "faster"),
        bound("another order, or a line left out, of all of them", max(answers), 0.05),
    ]


def _lines() -> tuple[Any, Any]:
    """Wavelengths in nm, and strengths, of the brightest lines of the lamps."""
    from calgui.core.spectra.lines import line_list

    wave, light = [], []
    for species in ("Ar", "Kr", "Xe"):
        one = line_list(species).within(_LOW - 5, _HIGH + 5, 16)
        wave.append(one.wavelength)
        light.append(1e5 * one.intensity / one.intensity.max())
    order = np.argsort(np.concatenate(wave))
    return np.concatenate(wave)[order], np.concatenate(light)[order]


def _field() -> tuple[Any, Any]:
    """Spectra whose wavelengths move by up to 40 pixels over the field, and their coefficients."""
    from scipy.special import ndtr

    from calgui.core.frames.frame import Frame

    rng = np.random.default_rng(3)
    wave, light = _lines()
    v, u = (
        part.ravel() for part in np.meshgrid(np.linspace(-1, 1, _ROWS), np.linspace(-1, 1, _COLUMNS), indexing="ij")
    )
    half = (_HIGH - _LOW) / 2
    pace = 2 * half / _PIXELS
    truth = np.zeros((len(u), 4))
    truth[:, 0] = (_LOW + _HIGH) / 2 + pace * (14 * u + 6 * v + 2 * u * v)
    truth[:, 1] = half * (1 + 0.001 * u)
    truth[:, 2], truth[:, 3] = 0.012 * half * (1 + 0.1 * v), -0.002 * half
    image = np.full((len(u), _PIXELS), 20, np.float32)
    rows = np.arange(len(u))[:, None]
    for line, flux in zip(wave, light, strict=True):
        t = (line - truth[:, 0]) / truth[:, 1]
        for _ in range(6):
            slope = np.polynomial.legendre.legval(t, np.polynomial.legendre.legder(truth.T), tensor=False)
            t -= (np.polynomial.legendre.legval(t, truth.T, tensor=False) - line) / slope
        at = (t + 1) * (_PIXELS - 1) / 2
        inside = np.flatnonzero((at > 6) & (at < _PIXELS - 7))
        near = np.rint(at[inside]).astype(int)[:, None] + np.arange(-6, 7)
        edge = (near - 0.5 - at[inside, None]) / 1.0
        image[rows[inside], near] += (flux * (ndtr(edge + 1) - ndtr(edge))).astype(np.float32)
    for start in range(0, len(image), 500):
        part = image[start : start + 500]
        part[...] = rng.poisson(part) + rng.normal(0, 8, part.shape)
    header = {
        "BUNIT": "electron", "LAMP": "Ar,Kr,Xe", "WAVEMIN": _LOW / 1e3, "WAVEMAX": _HIGH / 1e3, "LAYOUT": "SPECTRA",
        "NLENSY": _ROWS, "NLENSX": _COLUMNS,
    }  # fmt: skip
    return Frame(image, header=header), truth


def _part(frame: Any, rows: int) -> Any:
    from calgui.core.frames.frame import Frame

    return Frame(frame.data[: rows * _COLUMNS].copy(), header={**frame.header, "NLENSY": rows})


def _loop(spectra: Any, coefficients: Any) -> Any:
    """Each spectrum on its own, from the solution of one."""
    from numpy.polynomial import Legendre
    from scipy.signal import find_peaks

    wave, _ = _lines()
    first = Legendre(coefficients, domain=[0, _PIXELS - 1])
    pixel = np.arange(-60, _PIXELS + 60)
    lines = np.interp(wave, first(pixel), pixel)
    made = []
    for row in spectra:
        peaks, _ = find_peaks(row, prominence=150)
        low, top, high = (row[peaks + step].astype(float) for step in (-1, 0, 1))
        at = peaks + 0.5 * (high - low) / (2 * top - low - high)
        best, matched = -1, lines
        for shift in np.arange(-45, 45.5, 0.5):
            for stretch in (-2.0, 0.0, 2.0):
                moved = lines + shift + stretch * (2 * lines / _PIXELS - 1)
                place = np.clip(np.searchsorted(moved, at), 1, len(moved) - 1)
                count = np.count_nonzero(np.minimum(np.abs(moved[place] - at), np.abs(moved[place - 1] - at)) < 0.7)
                if count > best:
                    best, matched = count, moved
        nearest = np.abs(matched[None] - at[:, None]).argmin(axis=1)
        good = np.abs(matched[nearest] - at) < 1.5
        for _ in range(3):
            solution = Legendre.fit(at[good], wave[nearest][good], 4, domain=[0, _PIXELS - 1])
            left = wave[nearest] - solution(at)
            good &= np.abs(left) < 3 * np.std(left[good]) + 1e-9
        made.append(solution.coef)
    return made


if __name__ == "__main__":
    from benchmarks.harness import show

    show(measure())
