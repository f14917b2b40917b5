"""The metadata of exposures: each keyword by itself, all of them together, and over the night."""

from calgui.core.algorithms.metadata.algorithm import CHECK_METADATA

ALGORITHMS = (CHECK_METADATA,)
