"""The demo night: a small night of IRIS with its CRDS cache, made from a seed, and the truth that was put in."""
