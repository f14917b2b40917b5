"""What the air does to light: its refractive index, refraction, dispersion, and their direction on a picture."""
