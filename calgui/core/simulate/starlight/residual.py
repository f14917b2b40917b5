"""What adaptive optics leaves of the turbulence: its power spectrum, screens of it, and its correlation.

Von Kármán's spectrum is left as it is beyond the actuators' reach (fitting error); within it, what the loop's delay and
the distance between guide star and target leave is taken to grow with the square of the frequency (Rigaut et al. 1998,
Proc. SPIE 3353, 1038).
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

OUTER_SCALE_M = 30.0
ACTUATORS_M = 0.5  # NFIRAOS: 60 over 30 m
#: part of the variance that the loop leaves within its reach
WITHIN = 0.5


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
        Of variance 1 in all, in the order of an FFT.
    """
    k = np.arange(count // 2 + 1) / (count * cell_m)
    squared = k[:, None] ** 2 + k[None, :] ** 2
    power = (squared + OUTER_SCALE_M**-2) ** (-11 / 6)
    inside = np.maximum(k[:, None], k[None, :]) < 1 / (2 * ACTUATORS_M)
    left, beyond = np.where(inside, power * squared, 0.0), np.where(inside, 0.0, power)
    # one quarter of the plane tells all four
    times = np.full(k.size, 2.0)
    times[0] = 1.0
    if count % 2 == 0:
        times[-1] = 1.0
    quarter = WITHIN * left / (times @ left @ times) + (1 - WITHIN) * beyond / (times @ beyond @ times)
    place = np.minimum(np.arange(count), count - np.arange(count))
    return np.asarray(quarter[place][:, place])


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
        rms 1 on the average.
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
        As in `spectrum`.

    Returns
    -------
    ndarray of float32, shape (count, count // 2 + 1)
        0 at no distance, 1 where the two know nothing of one another; distances in the order of an FFT.
    """
    from scipy import fft

    correlation = fft.rfft2(spectrum(count, cell_m).astype(np.float32), workers=2).real
    return np.asarray(1 - correlation, np.float32)
