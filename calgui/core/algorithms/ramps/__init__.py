"""Ramps: samples up the ramp become a rate."""
