"""Everything calgui knows and computes. No module below here imports Qt."""
