"""Spectra of a result with their lines: the spectrum, its residuals, the field, and the wall of all of them."""
