"""Broken and odd files, made by name, and the window driven at random, for tests of what should not happen."""
