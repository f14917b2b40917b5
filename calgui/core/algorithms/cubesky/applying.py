"""Takes the fitted sky off spectra."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.cubesky.fieldshift import FieldShift
from calgui.core.algorithms.cubesky.resampling import Resampler
from calgui.core.algorithms.cubesky.scaling import Fit

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: spaxels whose shifts differ by less than this, in planes, are moved together
_TOGETHER = 0.002


@dataclass(frozen=True)
class Recipe:
    """All that turns the spectra of the sky into what is subtracted.

    Attributes
    ----------
    fit : Fit
        Of the whole field.
    field : FieldShift
        How the shift varies.
    resampler : Resampler
        From the sky's planes to the science's.
    mean : ndarray of float64, shape (k,)
        Mean spectrum of the sky, which stands where a spaxel has no value.
    mean_variance : ndarray of float64, shape (k,)
        Variance of the mean.
    usual_variance : ndarray of float64, shape (k,)
        Variance of one spaxel, where its own is not known; NaN where none is.
    shape : tuple of int
        (ny, nx) of the science.
    """

    fit: Fit
    field: FieldShift
    resampler: Resampler
    mean: Floats
    mean_variance: Floats
    usual_variance: Floats
    shape: tuple[int, int]

    def model(
        self, data: Singles | None, variance: Singles | None, place: npt.NDArray[np.intp]
    ) -> tuple[Singles, Singles]:
        """The sky of some spaxels as it is subtracted.

        Parameters
        ----------
        data, variance : ndarray of float32, shape (k, m), or None
            Spectra of the sky with NaN where they cannot be used; None for the mean spectrum.
        place : ndarray of int, shape (m,)
            Numbers of the spaxels.

        Returns
        -------
        tuple of ndarray of float32, shape (n, m)
            Model and its variance. Neighbouring planes are correlated where the sky was resampled: the variance is that
            of a single value.
        """
        own, own_variance = self._filled(data, variance)
        extra = self.field.at(place, *self.shape)
        factor = self.fit.factor.astype(np.float32)[:, None]
        offset = self.fit.offset.astype(np.float32)[:, None]
        if not self.field.applied:
            moved, moved_variance = self._moved(own, own_variance, self.fit.shift)
            if moved.shape[1] != len(place):
                shape = (len(factor), len(place))
                moved, moved_variance = np.broadcast_to(moved, shape), np.broadcast_to(moved_variance, shape)
        else:
            moved = np.empty((len(factor), len(place)), np.float32)
            moved_variance = np.empty_like(moved)
            step = np.round(extra / _TOGETHER).astype(np.int64)
            for number in np.unique(step):
                mine = step == number
                part = (own, own_variance) if own.shape[1] == 1 else (own[:, mine], own_variance[:, mine])
                moved[:, mine], moved_variance[:, mine] = self._moved(*part, self.fit.shift + number * _TOGETHER)
        return moved * factor + offset, moved_variance * (factor * factor)

    def _filled(self, data: Singles | None, variance: Singles | None) -> tuple[Singles, Singles]:
        mean = np.nan_to_num(self.mean).astype(np.float32)[:, None]
        if data is None or variance is None:
            return mean, self.mean_variance.astype(np.float32)[:, None]
        unknown = ~np.isfinite(data)
        usual = self.usual_variance.astype(np.float32)[:, None]
        filled = np.where(unknown, mean, data) if unknown.any() else data
        lacking = ~np.isfinite(variance)
        if lacking.any():
            variance = np.where(lacking, usual, variance)
        return filled, variance

    def _moved(self, data: Singles, variance: Singles, shift: float) -> tuple[Singles, Singles]:
        if shift == 0 and self.resampler.identical:
            return data, variance
        matrix = self.resampler.matrix(shift)
        return matrix @ np.ascontiguousarray(data), matrix.power(2) @ np.ascontiguousarray(variance)
