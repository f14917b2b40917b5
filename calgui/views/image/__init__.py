"""The picture: a view of one plane of a frame, with limits, colours, readout, flags and statistics."""
