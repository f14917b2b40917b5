"""Two contexts, or two versions of a mapping: what differs, and for which observations."""
