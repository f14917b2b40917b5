"""Cubes and ramps: a plane, or a picture of a range of planes, and the spectrum or the reads behind each pixel."""
