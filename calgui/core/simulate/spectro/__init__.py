"""The spectrograph of the simulation, one model for all: light, line-spread function, pixels, noise.

A spectrum is lines at wavelengths in vacuum and a continuum (`light.Light`). A `dispersion.Dispersion` says where on
the pixels a wavelength falls, `spread.LineSpread` how a line is spread there; `forward.on_pixels` integrates both over
the pixels, and `exposing` adds photons, read noise, saturation and cosmic rays. `lamps` has the light of arc lamps,
`field` the lenslets, `air` and `corrector` the refraction of air, and `samples` sets of arcs for tests.

It is written apart from what solves and measures: nothing here is taken from `calgui.core.algorithms`.
"""
