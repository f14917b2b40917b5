"""The sky of cubes: lines of OH scaled family by family, a shift in wavelength fitted first, thermal light aside."""

from calgui.core.algorithms.cubesky.checks import check_cube_sky
from calgui.core.algorithms.cubesky.config import CubeSkyConfig
from calgui.core.algorithms.cubesky.subtract import subtract_cube_sky

__all__ = ["CubeSkyConfig", "check_cube_sky", "subtract_cube_sky"]
