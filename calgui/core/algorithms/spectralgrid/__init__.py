"""Spectra with wavelengths brought to a common linear grid."""

from calgui.core.algorithms.spectralgrid.algorithm import ALGORITHMS

__all__ = ["ALGORITHMS"]
