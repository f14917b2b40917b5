"""The files of a cache: where they lie, what they contain, and whether they can be trusted."""
