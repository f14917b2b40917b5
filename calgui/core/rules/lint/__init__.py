"""Everything in a cache that is wrong, useless or doubtful, each with its place, why it matters, and a cure."""
