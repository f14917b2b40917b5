"""Many spectra of one lamp: from the solution of one of them to those of all."""
