"""The Rules place: the cache as a tree, its mappings and references, and the matrix that explains a selection."""
