"""Persistence: what bright light leaves behind in its pixels, flagged, and estimated by a law of its decay."""

from calgui.core.algorithms.persistence.estimate import ALGORITHMS

__all__ = ["ALGORITHMS"]
