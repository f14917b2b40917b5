"""What adaptive optics leaves of the turbulence: its power spectrum, screens of it, and its correlation.

Von Kármán's spectrum is left as it is beyond the actuators' reach (fitting error); within it, what the loop's delay and
the distance between guide star and target leave is taken to grow with the square of the frequency (Rigaut et al. 1998,
Proc. SPIE 3353, 1038).
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

OUTER_SCALE_M = 30.0
ACTUATORS_M = 0.5  # NFIRAOS: 60 over 30 m
#: part of the variance that the loop leaves within its reach
WITHIN = 0.5
#: squares of frequencies, 1/m², and weights of two spectra with a known correlation, which together are von Kármán's
#: at high frequencies but for the power -23/3: what a grid cannot hold is theirs
_KNOWN = ((1.0, 2.0 - OUTER_SCALE_M**-2), (2.0, OUTER_SCALE_M**-2 - 1.0))


def _parts(count: int, cell_m: float) -> tuple[Floats, Floats, Floats, float]:
    """A quarter of the plane: the spectrum within the actuators' reach, of variance 1; that beyond; the same less the
    known spectra; and the sum of that beyond at all frequencies.
    """
    k = np.arange(count // 2 + 1) / (count * cell_m)
    squared = k[:, None] ** 2 + k[None, :] ** 2
    power = (squared + OUTER_SCALE_M**-2) ** (-11 / 6)
    inside = np.maximum(k[:, None], k[None, :]) < 1 / (2 * ACTUATORS_M)
    # one quarter of the plane tells all four
    times = np.full(k.size, 2.0)
    times[0] = 1.0
    if count % 2 == 0:
        times[-1] = 1.0
    left = np.where(inside, power * squared, 0.0)
    beyond = np.where(inside, 0.0, power)
    rest = beyond.copy()
    total = 0.0
    for at, weight in _KNOWN:
        rest -= weight * (squared + at).astype(np.float32) ** np.float32(-11 / 6)
        total += weight * 6 * np.pi / 5 * at ** (-5 / 6) * (count * cell_m) ** 2
    return left / (times @ left @ times), beyond, rest, float(total + times @ rest @ times)


def _unfolded(quarter: Floats, count: int) -> Floats:
    place = np.minimum(np.arange(count), count - np.arange(count))
    return np.asarray(quarter[place][:, place])


def spectrum(count: int, cell_m: float) -> Floats:
    """Power spectrum of the residual wavefront.

    Parameters
    ----------
    count : int
        Cells on a side of a screen.
    cell_m : float
        Side of a cell, m.

    Returns
    -------
    ndarray of float64, shape (count, count)
        Of variance 1 less that of waves that are too short for the cells, in the order of an FFT.
    """
    left, beyond, _, size = _parts(count, cell_m)
    return _unfolded(WITHIN * left + (1 - WITHIN) / size * beyond, count)


def screen(count: int, cell_m: float, rng: np.random.Generator) -> Floats:
    """One moment of the residual wavefront.

    Parameters
    ----------
    count, cell_m
        As in `spectrum`.
    rng : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    ndarray of float64, shape (count, count)
        rms 1 on the average, less what is finer than a cell.
    """
    from scipy import fft

    white = rng.standard_normal((2, count, count))
    amplitude = np.sqrt(spectrum(count, cell_m))
    return np.asarray(fft.fft2((white[0] + 1j * white[1]) * amplitude).real)


def decorrelation(count: int, cell_m: float) -> npt.NDArray[np.float32]:
    """Half the structure function: by how much the residual of two points differs.

    Parameters
    ----------
    count, cell_m
        As in `spectrum`; here waves of all lengths are in it.

    Returns
    -------
    ndarray of float32, shape (count, count // 2 + 1)
        0 at no distance, 1 where the two know nothing of one another; distances in the order of an FFT.
    """
    from scipy import fft

    left, _, rest, size = _parts(count, cell_m)
    quarter = WITHIN * left + (1 - WITHIN) / size * rest
    half = fft.rfft2(_unfolded(quarter.astype(np.float32), count), workers=2).real
    x = np.arange(count // 2 + 1) * cell_m
    known = _correlation(np.hypot(x[:, None], x[None, :])) * ((1 - WITHIN) / size * (count * cell_m) ** 2)
    return np.asarray(1 - half - known[np.minimum(np.arange(count), count - np.arange(count))], np.float32)


def near(count: int, cell_m: float) -> Floats:
    """As `decorrelation`, of a grid that is smaller than the air's outer scale.

    Parameters
    ----------
    count, cell_m
        As in `spectrum`.

    Returns
    -------
    ndarray of float64, shape (count, count)
        In the order of an FFT.
    """
    # frequencies within the actuators' reach are summed one by one, on a grid of 160 m
    width = 160.0
    k = np.arange(int(width / (2 * ACTUATORS_M)) + 1) / width
    k = k[k < 1 / (2 * ACTUATORS_M)]
    squared = k[:, None] ** 2 + k[None, :] ** 2
    power = (squared + OUTER_SCALE_M**-2) ** (-11 / 6)
    times = np.where(k > 0, 2.0, 1.0)
    left = power * squared
    air = 6 * np.pi / 5 * OUTER_SCALE_M ** (5 / 3) * width**2
    scale = (1 - WITHIN) / (air - times @ power @ times)
    weights = WITHIN * left / (times @ left @ times) - scale * power
    x = np.arange(count // 2 + 1) * cell_m
    waves = np.cos(2 * np.pi * np.outer(x, k)) * times
    apart = np.hypot(x[:, None], x[None, :])
    places = np.linspace(np.log(1e-4), np.log(apart.max() + 1e-4), 2000)
    together = _von_karman(places, OUTER_SCALE_M**-1) * width**2
    whole = np.interp(np.log(np.maximum(apart, 1e-4)), places, together)
    return _unfolded(1 - waves @ weights @ waves.T - scale * whole, count)


def _von_karman(log_apart: Floats, frequency: float) -> Floats:
    """Correlation of ``(f² + frequency²)^(-11/6)``: the plane's transform of it (Watson, Bessel functions, 13.6)."""
    from scipy.special import gamma, kv

    at = 2 * np.pi * frequency * np.exp(log_apart)
    return np.asarray(
        6 * np.pi / 5 * frequency ** (-5 / 3) * 2 ** (1 / 6) / gamma(5 / 6) * at ** (5 / 6) * kv(5 / 6, at)
    )


@lru_cache(maxsize=1)
def _table() -> tuple[Floats, Floats]:
    places = np.linspace(np.log(1e-4), np.log(12.0), 20000)
    return places, sum((weight * _von_karman(places, at**0.5) for at, weight in _KNOWN), np.zeros(places.size))


def _correlation(apart: Floats) -> Floats:
    places, values = _table()
    made = np.zeros(apart.shape)
    close = apart < 12.0
    made[close] = np.interp(np.log(np.maximum(apart[close], 1e-4)), places, values)
    return made
