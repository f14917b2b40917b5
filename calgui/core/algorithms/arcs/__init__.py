"""Arc lamps: from spectra of lamps to the wavelength of every pixel."""
