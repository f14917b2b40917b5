"""The Bench: calibrations made from their inputs, with a live preview and a judged result."""
