"""The timeline: which file was active when, for one mode."""
