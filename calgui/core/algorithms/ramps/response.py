"""How the response is straightened: coefficients of each pixel in the observatory's form, and the full well."""

import math
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.exposure import ADU, ELECTRON, canonical_unit, file_name, number
from calgui.core.algorithms.geometry import place_in
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.setup import RampSetup
from calgui.core.errors import InputError
from calgui.core.frames.fits import FitsFrame
from calgui.core.frames.frame import FloatArray, FrameLike

#: what LINFORM may say
FORMS = {"MULTIPLY": "factor", "FACTOR": "factor", "POLYNOMIAL": "polynomial", "POLY": "polynomial"}
#: reads from this part of SATURATE on are full: noise scatters about the full well
FULL_FROM = 0.995
_NONE = np.empty((0, 0), np.float32)


@dataclass(frozen=True)
class Response:
    """What straightens reads.

    Attributes
    ----------
    reference : FrameLike or None
        Coefficients, (n, ny, nx) or (n, 1, 1); None where the response is taken as straight.
    form : str
        ``factor`` or ``polynomial``; empty without coefficients.
    place : tuple of int
        First row and column of the reference that belong to the ramp.
    width : int
        Columns of the ramp.
    to_x : float
        From the unit of the reads to that of the coefficients.
    from_x : float
        From the unit of what the coefficients give to electrons.
    x_most : float
        Above it the coefficients are not valid.
    full_well : float
        Electrons above the level at time zero; infinite where nothing says so.
    notes : tuple of str
        What had to be assumed.
    """

    reference: FrameLike | None
    form: str
    place: tuple[int, int]
    width: int
    to_x: float
    from_x: float
    x_most: float
    full_well: float
    notes: tuple[str, ...] = ()

    @property
    def terms_of_a_pixel(self) -> int:
        """Terms of the plain polynomial, where each pixel has its own; else 0."""
        if self.reference is None or self.reference.shape[-2:] == (1, 1):
            return 0
        return self.reference.shape[0] + self._more

    @property
    def _more(self) -> int:
        """(1 + c0 + c1 x + ...) x has no constant term, and one for each coefficient."""
        return 0 if self.form == "polynomial" else 1

    def terms(self, start: int, stop: int, room: FloatArray | None = None) -> FloatArray:
        """Coefficients of the plain polynomial of each pixel, of rows of the ramp.

        Parameters
        ----------
        start, stop : int
            Rows, ``stop`` exclusive.
        room : ndarray of float32, 1-D, optional
            Memory for coefficients of each pixel, where it is large enough: fresh memory costs more than reading.

        Returns
        -------
        ndarray of float32, shape (terms, pixels), (terms, 1) for one set for all, or (0, 0) for none
        """
        if self.reference is None:
            return _NONE
        one, many = self.reference.shape[-2:] == (1, 1), self.reference.shape[0]
        y, x = self.place
        rows = (0, 1) if one else (start + y, stop + y)
        more = self._more
        width = 1 if one else self.width
        pixels = (rows[1] - rows[0]) * width
        if room is None or room.size < (many + more) * pixels:
            room = np.empty((many + more) * pixels, np.float32)
        made = room[: (many + more) * pixels].reshape(many + more, pixels)
        rest = made[more:]
        if isinstance(self.reference, FitsFrame) and width == self.reference.shape[-1]:
            self.reference.data_band(*rows, rest.reshape(-1))
        else:
            data = self.reference.band(*rows).data
            rest.reshape(many, -1, width)[...] = data if one else data[..., x : x + width]
        if more:
            made[0] = 0
            made[1] += 1
        return made


def response_of(
    frame: FrameLike, reference: FrameLike | None, setup: RampSetup, config: FitRampConfig
) -> Response:  # fmt: skip
    """Look at the header of the coefficients.

    Parameters
    ----------
    frame : FrameLike
        The ramp.
    reference : FrameLike or None
        Reference of type NONLINCOEFF.
    setup : RampSetup
        Unit and gain of the reads.
    config : FitRampConfig
        Options.

    Returns
    -------
    Response

    Raises
    ------
    InputError
        The coefficients are of another detector or size, or their header does not say what they mean.
    """
    full_well = config.saturation
    if full_well is None and reference is not None:
        said = number(reference.header, "SATURATE")
        full_well = said * FULL_FROM if said is not None and said > 0 else None
    well = math.inf if full_well is None else full_well
    nx = frame.shape[-1]
    if reference is None or not config.linearity:
        return Response(None, "", (0, 0), nx, 1.0, setup.gain, math.inf, well)
    _check_detector(frame, reference)
    shape = reference.shape
    if len(shape) != 3 or shape[0] < 2:
        raise InputError(
            f"The coefficients have the axes {' × '.join(map(str, reversed(shape)))}; (coefficients, y, x) are needed.",
            path=reference.path,
            cure="Choose a reference of type NONLINCOEFF.",
        )
    place: tuple[int, int] | None = (0, 0)
    if shape[-2:] != (1, 1):
        place = place_in(frame, reference)
    if place is None:
        raise InputError(
            f"The coefficients in {file_name(reference)} are of {shape[2]} × {shape[1]} pixels, which do not cover the "
            f"{nx} × {frame.shape[-2]} of the ramp.",
            path=frame.path,
            cure="Choose coefficients of this subarray, or of the full detector for a ramp with SUBSTRT1 and SUBSTRT2.",
        )
    form, notes = _form(reference, config), []
    unit = canonical_unit(str(reference.header.get("LINUNIT") or ""))
    if unit not in (ADU, ELECTRON):
        unit = setup.unit
        notes.append(f"LINUNIT of {file_name(reference)} is missing: its coefficients are taken to be for {unit}.")
    if unit != setup.unit and setup.adu is None:
        raise InputError(
            f"The coefficients are for {unit}, the reads in {setup.unit}, and GAIN is missing.",
            path=frame.path,
            cure="Add GAIN to the header, or give the option gain.",
        )
    adu = setup.adu or 1.0
    to_x = 1.0 if unit == setup.unit else 1 / adu if unit == ADU else adu
    most = number(reference.header, "LINMAX")
    return Response(
        reference,
        form,
        place,
        nx,
        to_x,
        adu if unit == ADU and setup.adu else 1.0,
        most if most is not None and most > 0 else math.inf,
        well,
        tuple(notes),
    )


def _form(reference: FrameLike, config: FitRampConfig) -> str:
    said = str(reference.header.get("LINFORM") or "").strip().upper()
    if not said and config.linearity_form is None:
        raise InputError(
            "LINFORM, what the coefficients mean, is missing.",
            path=reference.path,
            cure="Add LINFORM (FACTOR or POLYNOMIAL) to the file, or give the option linearity_form.",
        )
    if said and said not in FORMS:
        raise InputError(
            f"LINFORM is {said}, which is not known.", path=reference.path, cure=f"Known are {', '.join(FORMS)}."
        )
    return FORMS[said] if said else str(config.linearity_form)


def _check_detector(frame: FrameLike, reference: FrameLike) -> None:
    for keyword in ("INSTRUME", "DETECTOR"):
        ours, theirs = (str(one.header.get(keyword) or "").strip().upper() for one in (frame, reference))
        if ours and theirs and theirs not in ("N/A", "ANY") and ours != theirs:
            raise InputError(
                f"{keyword} is {ours}, that of the coefficients {file_name(reference)} is {theirs}.",
                path=frame.path,
                cure="Choose coefficients of this detector.",
            )
    kind = str(reference.header.get("REFTYPE") or "").strip().upper()
    if kind not in ("", "NONLINCOEFF", "LINEARITY"):
        raise InputError(
            f"REFTYPE is {kind}: these are no coefficients of non-linearity.",
            path=reference.path,
            cure="Choose a reference of type NONLINCOEFF.",
        )
