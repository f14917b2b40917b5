"""Broken and odd files, made by name, for the tests of readers and of the window."""
