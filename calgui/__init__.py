"""calgui: browse, explain and check the calibration data of TMT/IRIS."""

__version__ = "0.1.0"
