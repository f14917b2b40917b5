"""The check of every byte of a cache's references, and what is remembered of it."""
