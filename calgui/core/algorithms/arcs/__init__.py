"""Arc lamps: from spectra of lamps to the wavelength of every pixel."""

from calgui.core.algorithms.arcs.algorithm import SOLUTION

ALGORITHMS = (SOLUTION,)
