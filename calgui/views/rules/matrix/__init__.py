"""The matrix: observations down, reference types across."""
