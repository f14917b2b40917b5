"""Observatories: what crds is taught of them, from our data or from a cache alone."""
