"""The calibrations of IRIS, as data: navigation, command line, forms, reports and documentation derive from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Calibration:
    """One kind of calibration data.

    Attributes
    ----------
    key : str
        Short name used by the command line and in files.
    title : str
        The field's name for it.
    kind : str
        What the data are.
    source : str
        Who makes them.
    serves : str
        What they are used for.
    real_time : bool
        Whether the real-time pipeline, which has under a minute, needs them too.
    spectrograph_only : bool
        Whether the imager does without.
    reference_types : tuple of str
        CRDS reference types that hold them; empty for metadata that lives in headers.
    algorithms : tuple of str
        Names of the algorithms that make or judge them.
    """

    key: str
    title: str
    kind: str
    source: str
    serves: str
    real_time: bool = False
    spectrograph_only: bool = False
    reference_types: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Algorithms that belong together without serving one kind of calibration alone.

    Attributes
    ----------
    key : str
        Short name.
    title : str
        As in the list of the bench.
    summary : str
        One line: what they are for.
    algorithms : tuple of str
        Names of the algorithms.
    """

    key: str
    title: str
    summary: str
    algorithms: tuple[str, ...]


_DAYTIME_NSCU = "IRIS daytime (NSCU)"
_HEADERS = "ESW, FITS header"

CATALOGUE: tuple[Calibration, ...] = (
    Calibration(
        "adc",
        "Atmospheric dispersion residual",
        "metadata",
        "IRIS ADC",
        "atmospheric correction",
        real_time=True,
        reference_types=("ADC",),
        algorithms=("adc-residual", "correct-dispersion", "check-metadata"),
    ),
    Calibration(
        "arc",
        "Arc lamp spectra",
        "CAL 2D",
        _DAYTIME_NSCU,
        "wavelength solution",
        real_time=True,
        spectrograph_only=True,
        reference_types=("ARC", "WAVECAL"),
        algorithms=("wavelength-solution",),
    ),
    Calibration(
        "mask",
        "Bad pixel map",
        "CAL 2D",
        "IRIS daytime",
        "correction of detector artifacts",
        real_time=True,
        reference_types=("MASK",),
        algorithms=("bad-pixel-map", "convert-mask"),
    ),
    Calibration(
        "dark",
        "Dark frame",
        "CAL 2D",
        "IRIS daytime and night-time",
        "dark subtraction",
        real_time=True,
        reference_types=("DARK",),
        algorithms=("master-dark", "subtract-dark", "dark-series", "dark-trend"),
    ),
    Calibration(
        "environment",
        "Environment metadata",
        "metadata",
        _HEADERS,
        "all",
        real_time=True,
        algorithms=("check-metadata",),
    ),
    Calibration(
        "fiber",
        "Fiber image",
        "CAL 2D, 3D",
        _DAYTIME_NSCU,
        "PSF calibration",
        reference_types=("FIBER",),
        algorithms=("measure-psf",),
    ),
    Calibration(
        "fluxstar",
        "Flux calibration star",
        "CAL 2D, 3D",
        "IRIS on-sky",
        "extract star, remove absorption lines",
        reference_types=("FLUXSTAR",),
        algorithms=("extract-star", "zero-point"),
    ),
    Calibration(
        "instrument",
        "Instrument configuration",
        "metadata",
        _HEADERS,
        "all",
        real_time=True,
        reference_types=("INSDISP",),
        algorithms=("instrument-dispersion", "check-metadata"),
    ),
    Calibration(
        "lenslet",
        "Lenslet scan",
        "rectification matrix, CAL 2D",
        _DAYTIME_NSCU,
        "spectral extraction",
        spectrograph_only=True,
        reference_types=("LENSLET", "RECTMAT"),
    ),
    Calibration(
        "nfiraos",
        "NFIRAOS configuration",
        "metadata",
        _HEADERS,
        "all",
        real_time=True,
        algorithms=("check-metadata",),
    ),
    Calibration(
        "pinhole",
        "Pinhole grid (distortion map)",
        "CAL 2D",
        _DAYTIME_NSCU,
        "field distortion correction",
        reference_types=("PINHOLE", "DISTORTION"),
        algorithms=("distortion-solution", "rectify"),
    ),
    Calibration("psfmeta", "PSF metadata", "metadata", _HEADERS, "PSF calibration", algorithms=("check-metadata",)),
    Calibration(
        "psfstar",
        "PSF star",
        "CAL 2D, 3D",
        "IRIS on-sky",
        "PSF calibration",
        reference_types=("PSFSTAR",),
        algorithms=("measure-psf",),
    ),
    Calibration(
        "sky",
        "Sky frame",
        "CAL 2D, 3D",
        "IRIS on-sky",
        "sky subtraction",
        real_time=True,
        reference_types=("SKY",),
        algorithms=("super-sky", "subtract-sky"),
    ),
    Calibration(
        "telescope",
        "Telescope configuration, pointing",
        "metadata",
        _HEADERS,
        "all",
        real_time=True,
        algorithms=("check-metadata",),
    ),
    Calibration(
        "flat",
        "Flat field (white light)",
        "CAL 2D",
        _DAYTIME_NSCU,
        "flat-fielding",
        real_time=True,
        reference_types=("FLAT",),
        algorithms=("normalize-flat", "normalize-slicer-flat", "flat-field"),
    ),
)

#: beside the calibrations: what is done to every exposure, whatever it is of
GROUPS: tuple[Group, ...] = (
    Group(
        "quicklook",
        "Quick look",
        "A calibrated image of one exposure, with the references that the rules select",
        ("quick-look",),
    ),
    Group(
        "detector",
        "Detector and ramps",
        "From the reads of the detector to rates, whatever the exposure is of",
        (
            "fit-ramp",
            "clean-cosmic-rays",
            "photon-transfer",
            "derive-nonlinearity",
            "persistence",
            "subtract-lamp-off",
            "mark-subarrays",
            "merge-subarrays",
        ),
    ),
    Group(
        "spectra",
        "Spectra",
        "What is done with wavelength solutions, whatever the spectra are of",
        ("night-shift", "resample-spectra"),
    ),
)

#: reference types of the pipeline itself, which no calibration exposure makes directly
PIPELINE_TYPES: tuple[str, ...] = ("NONLINCOEFF", "DRIZPARS")

BY_KEY: dict[str, Calibration] = {calibration.key: calibration for calibration in CATALOGUE}


def calibration_of(reference_type: str) -> Calibration | None:
    """The calibration that a CRDS reference type belongs to.

    Parameters
    ----------
    reference_type : str
        As in an ``.imap``, in any case.

    Returns
    -------
    Calibration or None
        None for a type outside the catalogue.
    """
    wanted = reference_type.upper()
    return next((row for row in CATALOGUE if wanted in row.reference_types), None)


def place_of_algorithm(name: str) -> Calibration | Group | None:
    """The calibration or the group that an algorithm belongs to.

    Parameters
    ----------
    name : str
        Of the algorithm.

    Returns
    -------
    Calibration, Group or None
        None where neither names it.
    """
    rows: tuple[Calibration | Group, ...] = (*CATALOGUE, *GROUPS)
    return next((row for row in rows if name in row.algorithms), None)
