"""The spectrum view: spectra over one another, known lines, fits of peaks."""
