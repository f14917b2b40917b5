"""What needs both rules and algorithms: run an algorithm on files, compare a new frame with the one in use."""
