"""The pipeline: what stpipe would fetch for a step, and how it is told to take another file."""
