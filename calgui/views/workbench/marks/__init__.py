"""Measured places on the picture of a result: drawn, listed, mapped, cut out, and picked."""
