"""Images of a star through a telescope without any wavefront error: pupils, bands, pixels, the diffraction limit."""
