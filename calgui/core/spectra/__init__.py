"""Spectra: reading them, wavelengths, known lines, peaks."""
