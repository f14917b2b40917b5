"""Filters of the demo night and how bright things are through them.

Edges (vacuum, µm) and sky brightness are those of the IRIS simulator's filter table (oirlab/liger_iris_sim,
``filters_summary.csv``), which gives the sky in Vega magnitudes per square arcsecond and the photons of magnitude 0
at K, 4.5646e9 photons/s/m²/µm. The product of atmosphere, telescope, instrument and detector is taken as 0.35.
"""

from dataclasses import dataclass

COLLECTING_AREA_M2 = 630.0
THROUGHPUT = 0.35
PIXEL_ARCSEC = 0.004
_PHOTONS_OF_MAG_0 = 4.5646e9


@dataclass(frozen=True)
class Filter:
    """One filter.

    Attributes
    ----------
    name : str
        As in FILTER.
    wavemin, wavecen, wavemax : float
        µm, vacuum.
    sky_mag : float
        Vega magnitudes per square arcsecond.
    """

    name: str
    wavemin: float
    wavecen: float
    wavemax: float
    sky_mag: float

    def electrons(self, magnitude: float) -> float:
        """Electrons per second of a source outside the atmosphere.

        Parameters
        ----------
        magnitude : float
            Vega magnitude.

        Returns
        -------
        float
            e-/s over the whole image of the source.
        """
        photons = _PHOTONS_OF_MAG_0 * 10 ** (-0.4 * magnitude) * (self.wavemax - self.wavemin)
        return float(photons * COLLECTING_AREA_M2 * THROUGHPUT)

    @property
    def sky_rate(self) -> float:
        """Sky in e-/s per pixel of 4 mas."""
        return self.electrons(self.sky_mag) * PIXEL_ARCSEC**2


FILTERS: dict[str, Filter] = {
    row.name: row
    for row in (
        Filter("Z", 0.830, 0.8775, 0.925, 19.7489),
        Filter("Y", 0.970, 1.020, 1.070, 18.8),
        Filter("J", 1.166, 1.248, 1.330, 19.0452),
        Filter("H", 1.485, 1.633, 1.781, 18.561),
        Filter("Hbb", 1.474, 1.637, 1.800, 18.5),
        Filter("HN3", 1.5965, 1.6374, 1.6783, 18.5),
        Filter("K", 2.000, 2.200, 2.400, 15.1028),
        Filter("KN3", 2.1229, 2.1773, 2.2317, 15.376),
    )
}
