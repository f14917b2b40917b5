"""Cubes and ramps: planes, spectra and samples, from memory or straight from a file that is larger than it."""
