"""Pinhole grids: spots are found, centroided and put into their places on the grid of the mask."""
