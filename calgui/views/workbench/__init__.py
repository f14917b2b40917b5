"""The Bench place: one page for each calibration, with inputs, options, live preview and verdict."""
