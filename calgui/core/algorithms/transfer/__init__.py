"""Photon transfer: gain and read noise of a detector from ramps of equal light."""

from calgui.core.algorithms.transfer.photontransfer import ALGORITHMS

__all__ = ["ALGORITHMS"]
