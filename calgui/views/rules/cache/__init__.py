"""The cache itself: its tree, its defects, and the text behind each node."""
