"""Regions of a picture: their shapes, what is inside, what can be said of it, and their files."""
