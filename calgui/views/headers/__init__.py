"""Headers of several files side by side, and search through the headers of all that are open."""
