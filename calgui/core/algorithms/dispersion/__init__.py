"""Dispersion of the air and of the instrument: computed, measured, taken out."""

from calgui.core.algorithms.dispersion.adc import ADC
from calgui.core.algorithms.dispersion.correct import CORRECT
from calgui.core.algorithms.dispersion.instrument import INSTRUMENT

ALGORITHMS = (ADC, CORRECT, INSTRUMENT)
