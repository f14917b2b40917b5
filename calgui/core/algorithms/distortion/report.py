"""What a solution says in numbers: metrics, keywords, tables of the product."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from calgui.core.algorithms.distortion.polynomials import exponents, n_terms
from calgui.core.algorithms.distortion.solving import Solved, expected_rms, rms
from calgui.core.algorithms.pinholes.spots import NO_PLACE, STATES, USED
from calgui.core.algorithms.registry import Metric, Table
from calgui.core.frames.writing import ExtraHdu

#: what may have become of a pinhole, the best first
FATES = ("used", "rejected", "excluded", *STATES[1:], "missing")


def metrics(solved: Solved) -> dict[str, Metric]:
    """Numbers of a solution.

    Parameters
    ----------
    solved : Solved
        A solution.

    Returns
    -------
    dict of str to Metric
    """
    found, used = solved.solution, solved.fit.used
    residual, linear = found.residual[used], found.linear[0]
    spots, look = solved.measured.spots, solved.look
    pitch = solved.config.mask_pitch_mas
    agree, _ = solved.agreement
    frames = len(spots)
    mask = solved.fit.mask_scatter
    return {
        "rms_pixel": Metric(rms(residual), "pixel", "Residuals of the pinholes that were used, per axis."),
        "rms_cross_validated_pixel": Metric(
            look.cross_validated if look is not None else None,
            "pixel",
            "The same of each pinhole against the solution without it.",
        ),
        "rms_expected_pixel": Metric(
            expected_rms(solved), "pixel", "What the errors of the centres alone lead to expect of the residuals."
        ),
        "max_pixel": Metric(float(np.abs(residual).max()), "pixel", "Longest residual of a pinhole that was used."),
        "solution_error_pixel": Metric(
            found.error, "pixel", "Error of the solution per axis, RMS over the field, from its covariance."
        ),
        "worst_error_pixel": Metric(found.worst_error, "pixel", "The same where it is largest: in a corner."),
        "order": Metric(solved.order, "", "Of the polynomials."),
        "best_order": Metric(solved.best, "", "Lowest order that cross-validation finds no fault with."),
        "n_pinholes": Metric(int(used.sum()), "", "Pinholes that were used, of all pictures."),
        "n_rejected": Metric(int(solved.rejected.sum()), "", "Pinholes that lie too far off."),
        "n_excluded": Metric(int(solved.excluded.sum()), "", "Pinholes that were taken out by hand."),
        "n_missing": Metric(sum(one.missing_x.size for one in spots), "", "Places of the grid without a spot."),
        "n_unfit": Metric(
            sum(int((~one.used).sum()) for one in spots), "", "Spots with something against them: false, saturated, ..."
        ),
        "n_frames": Metric(frames, "", "Pictures that were solved together."),
        "distortion_pixel": Metric(found.shift, "pixel", "Largest distance of ideal and measured pixel, in a corner."),
        "scale_pixel": Metric(linear.scale, "pixel", "Pitch of the mask at the middle of the field."),
        "rotation_deg": Metric(linear.rotation, "degree", "Of the mask, from +x towards +y."),
        "shear": Metric(linear.shear, "", "Largest less smallest scale of any direction, as a part of the scale."),
        "stretch": Metric(linear.stretch, "", "Scale along the mask's first axis less that across, as a part of it."),
        "skew_deg": Metric(linear.skew, "degree", "By how much the angle of the mask's axes is seen too small."),
        "offset_x_pixel": Metric(
            linear.x - solved.measured.seen.field.middle[0],
            "pixel",
            "Where the pinhole (0, 0) is seen from the middle of the picture.",
        ),
        "offset_y_pixel": Metric(linear.y - solved.measured.seen.field.middle[1], "pixel", "The same along y."),
        "plate_scale_mas": Metric(
            pitch / linear.scale if pitch else None, "mas", "Of a pixel at the middle; known where the mask's pitch is."
        ),
        "intrinsic_pixel": Metric(
            solved.fit.intrinsic, "pixel", "Scatter per axis beyond the errors of the centres, without the mask's own."
        ),
        "mask_error_pixel": Metric(
            mask, "pixel", "Scatter per axis of the mask's own pinholes; known from several pictures."
        ),
        "neighbor_correlation": Metric(agree, "", "Of residuals of neighbours: above chance there is more to fit."),
        "uncovered_fraction": Metric(solved.uncovered, "", "Part of the field beyond two pitches of any pinhole."),
        "sip_forward_error_pixel": Metric(
            found.worst_inverse[0], "pixel", "Measured to ideal and back: worst distance anywhere on the detector."
        ),
        "sip_inverse_error_pixel": Metric(found.worst_inverse[1], "pixel", "Ideal to measured and back, likewise."),
        "inverse_order": Metric(found.sip.inverse_order, "", "Of the polynomials from ideal to measured."),
    }  # fmt: skip


def keywords(solved: Solved, said: Mapping[str, Metric]) -> dict[str, tuple[Any, str]]:
    """What the primary header says of the fit.

    Parameters
    ----------
    solved : Solved
        A solution.
    said : mapping of str to Metric
        Its metrics.

    Returns
    -------
    dict
        Keyword to value and comment.
    """
    field = solved.measured.seen.field
    used = solved.fit.used
    seen = solved.measured.seen
    made: dict[str, tuple[Any, str]] = {
        "S_DISTOR": ("SKIPPED", "a solution, applied to nothing"),
        "DISTORDR": (solved.order, "order of the polynomials"),
        "DISTBASE": (solved.config.basis, "polynomials that were fitted"),
        "DISTRMS": (said["rms_pixel"].value, "[pixel] residuals per axis"),
        "DISTRMSX": (said["rms_cross_validated_pixel"].value, "[pixel] the same, cross-validated"),
        "DISTERR": (said["solution_error_pixel"].value, "[pixel] error of the solution per axis"),
        "DISTMAX": (said["max_pixel"].value, "[pixel] longest residual"),
        "DISTN": (said["n_pinholes"].value, "pinholes used"),
        "DISTNREJ": (said["n_rejected"].value, "pinholes rejected"),
        "DISTNMIS": (said["n_missing"].value, "pinholes missing"),
        "DISTNX": (field.nx, "[pixel] columns of the picture"),
        "DISTNY": (field.ny, "[pixel] rows of the picture"),
        "DISTX1": (round(float(seen.x[used].min()), 2), "[pixel] first pinhole, from 0"),
        "DISTX2": (round(float(seen.x[used].max()), 2), "[pixel] last pinhole, from 0"),
        "DISTY1": (round(float(seen.y[used].min()), 2), "[pixel] lowest pinhole, from 0"),
        "DISTY2": (round(float(seen.y[used].max()), 2), "[pixel] highest pinhole, from 0"),
        "DISTSCAL": (said["scale_pixel"].value, "[pixel] pitch of the mask"),
        "DISTROT": (said["rotation_deg"].value, "[deg] rotation of the mask"),
        "DISTSHER": (said["shear"].value, "shear of the linear part"),
        "DISTSIPE": (
            max(solved.solution.worst_inverse), "[pixel] worst error of SIP there and back"
        ),
    }  # fmt: skip
    if solved.config.mask_pitch_mas:
        made["MASKPITC"] = (solved.config.mask_pitch_mas, "[mas] pitch of the mask on the sky, as given")
        made["SCALEMAS"] = (said["plate_scale_mas"].value, "[mas] of a pixel at the middle")
    return made


def extensions(solved: Solved, made: Mapping[str, Any]) -> tuple[ExtraHdu, ...]:
    """What the product holds.

    Parameters
    ----------
    solved : Solved
        A solution.
    made : mapping of str to ndarray
        Its `rows`.

    Returns
    -------
    tuple of ExtraHdu
        ``DISTORTION``, ``PINHOLES``, ``FRAMES``, ``TERMS``, and ``MASK`` where errors of the mask were solved for.
    """
    parts = [_header(solved), _pinholes(solved, made), _frames(solved), _terms(solved)]
    if solved.fit.mask_scatter is not None:
        parts.append(_mask(solved))
    return tuple(parts)


def _header(solved: Solved) -> ExtraHdu:
    found, pitch = solved.solution, solved.config.mask_pitch_mas
    linear, sip = found.linear[0], found.sip
    # places on the mask, in pitches or, where its pitch is known, in arcsec; no sky is claimed
    unit = pitch / 1000 if pitch else 1.0
    at = linear.cd @ np.array([sip.x - linear.x, sip.y - linear.y]) * unit
    cards: dict[str, Any] = {
        "WCSAXES": (2, "axes"),
        "CTYPE1": ("MASKX-SIP", "along the first axis of the mask"),
        "CTYPE2": ("MASKY-SIP", "across it"),
    }
    if pitch:
        cards |= {"CUNIT1": ("arcsec", "by the pitch that was given"), "CUNIT2": ("arcsec", "")}
    cards |= {
        "CRVAL1": (float(at[0]), "place of the reference pixel on the mask"),
        "CRVAL2": (float(at[1]), "in arcsec" if pitch else "in pitches"),
    }
    for keyword, value in sip.cards().items():
        cards[keyword] = (value[0] * unit, value[1]) if keyword.startswith("CD") else value
    return ExtraHdu("DISTORTION", None, header=cards)


def rows(solved: Solved) -> dict[str, Any]:
    """Every spot and every missing place of all pictures, as columns.

    Parameters
    ----------
    solved : Solved
        A solution.

    Returns
    -------
    dict of str to ndarray
        ``frame`` (from 1), ``x``, ``y``, their errors, ``i``, ``j``, ideal places, residuals, flux, fwhm, ``state`` (an
        index into `FATES`).
    """
    seen, found = solved.measured.seen, solved.solution
    missing_state = len(FATES) - 1
    parts: list[dict[str, Any]] = []
    for number, one in enumerate(solved.measured.spots):
        count, gone = one.x.size, one.missing_x.size
        here = np.flatnonzero(seen.frame == number)
        at = solved.measured.index[here]
        nothing = np.full(count + gone, np.nan)
        part: dict[str, Any] = {
            "frame": np.full(count + gone, number + 1, np.int64),
            "x": np.concatenate([one.x, one.missing_x]),
            "y": np.concatenate([one.y, one.missing_y]),
            **{name: np.concatenate([getattr(one, name), np.full(gone, np.nan)])
               for name in ("x_error", "y_error", "flux", "fwhm")},
            "i": np.concatenate([one.i, one.missing_i]),
            "j": np.concatenate([one.j, one.missing_j]),
            **{name: nothing.copy() for name in ("ideal_x", "ideal_y", "residual_x", "residual_y", "sigma")},
        }  # fmt: skip
        state = np.concatenate([one.state + 2, np.full(gone, missing_state)])
        state[:count][one.state == USED] = 0
        part["ideal_x"][at], part["ideal_y"][at] = found.ideal[here].real, found.ideal[here].imag
        part["residual_x"][at], part["residual_y"][at] = found.residual[here].real, found.residual[here].imag
        part["sigma"][at] = solved.measured.apart[here]
        state[at[solved.rejected[here]]] = 1
        state[at[solved.excluded[here]]] = 2
        part["state"] = state
        parts.append(part)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _pinholes(solved: Solved, columns: Mapping[str, Any]) -> ExtraHdu:
    made = dict(columns)
    state = made.pop("state")
    names = np.array(FATES)
    made["used"], made["excluded"], made["missing"] = state == 0, state == 2, state == len(names) - 1
    made["state"] = names[state]
    for name in ("i", "j"):
        # no place: a number that every reader takes
        made[name] = np.where(made[name] == NO_PLACE, -32768, made[name]).astype(np.int32)
    made["frame"] = made["frame"].astype(np.int16)
    pixel = ("x", "y", "x_error", "y_error", "ideal_x", "ideal_y", "residual_x", "residual_y", "fwhm")
    return ExtraHdu("PINHOLES", made, dict.fromkeys(pixel, "pixel") | {"flux": "electron", "sigma": "sigma"})


def _frames(solved: Solved) -> ExtraHdu:
    linear, measured = solved.solution.linear, solved.measured
    numbers = range(len(linear))
    used = solved.fit.used
    return ExtraHdu(
        "FRAMES",
        {
            "file": list(measured.names),
            "n_used": np.array([int((used & (measured.seen.frame == n)).sum()) for n in numbers], np.int32),
            "rms": np.array([rms(solved.solution.residual[used & (measured.seen.frame == n)]) for n in numbers]),
            "scale": np.array([one.scale for one in linear]),
            "rotation": np.array([one.rotation for one in linear]),
            "stretch": np.array([one.stretch for one in linear]),
            "skew": np.array([one.skew for one in linear]),
            "x": np.array([one.x for one in linear]),
            "y": np.array([one.y for one in linear]),
        },
        {"rms": "pixel", "scale": "pixel", "rotation": "deg", "skew": "deg", "x": "pixel", "y": "pixel"},
    )


def _terms(solved: Solved) -> ExtraHdu:
    """The coefficients in the basis that was fitted, with errors."""
    start = 3 * solved.measured.seen.n_frames
    values = solved.fit.solved.beta[start:]
    errors = np.sqrt(np.diag(solved.fit.solved.covariance).real)[start:]
    powers = np.array(exponents(solved.order, 2), np.int16).reshape(-1, 2)
    if not len(powers):  # a straight grid has none; a table needs a row
        powers, values, errors = np.array([[2, 0]], np.int16), np.zeros(1, np.complex128), np.zeros(1)
    return ExtraHdu(
        "TERMS",
        {"p": powers[:, 0], "q": powers[:, 1], "x": values.real, "y": values.imag, "error": errors},
        {"x": "pixel", "y": "pixel", "error": "pixel"},
        {"BASIS": (solved.config.basis, "of (x, y), -1 to 1 over the picture")},
    )


def _mask(solved: Solved) -> ExtraHdu:
    """The errors of the mask: of each pinhole that was used."""
    measured, found = solved.measured, solved.solution
    first = np.unique(measured.seen.pinhole, return_index=True)[1]
    places = measured.places[first]
    times = np.bincount(measured.seen.pinhole[solved.fit.used], minlength=len(first))
    keep = times > 0
    return ExtraHdu(
        "MASK",
        {
            "i": places[keep, 0].astype(np.int32),
            "j": places[keep, 1].astype(np.int32),
            "dx": found.mask_error.real[keep],
            "dy": found.mask_error.imag[keep],
            "error": found.mask_error_error[keep],
            "n_frames": times[keep].astype(np.int16),
        },
        {"dx": "pixel", "dy": "pixel", "error": "pixel"},
    )


def tables(solved: Solved) -> tuple[Table, ...]:
    """Small tables to show.

    Parameters
    ----------
    solved : Solved
        A solution.

    Returns
    -------
    tuple of Table
        Orders; pictures and what is told apart of several; the pinholes that stand out.
    """
    orders = Table(
        "Residuals by order",
        ("order", "terms", "RMS (pixel)", "cross-validated (pixel)"),
        tuple(
            (look.order, n_terms(look.order), _short(look.rms), _short(look.cross_validated)) for look in solved.orders
        ),
        tuple(place for place, look in enumerate(solved.orders) if look.order == solved.order),
    )
    return (orders, _pictures(solved), *_degrees(solved), _outstanding(solved))


def _pictures(solved: Solved) -> Table:
    found, measured, used = solved.solution, solved.measured, solved.fit.used
    rows = []
    for number, (name, one) in enumerate(zip(measured.names, found.linear, strict=True)):
        here = used & (measured.seen.frame == number)
        way = measured.identity[number]
        told = "—" if number == 0 else f"{way.sigma:.0f} sigma" if math.isfinite(way.sigma) else "smallest move"
        rows.append(
            (name, int(here.sum()), _short(rms(found.residual[here])), round(one.scale, 5), round(one.rotation, 5),
             float(f"{one.stretch:.3g}"), round(one.skew, 5), round(one.x, 3), round(one.y, 3), told)
        )  # fmt: skip
    head = ("file", "used", "RMS (pixel)", "pitch (pixel)", "rotation (deg)", "stretch", "skew (deg)", "x of (0, 0)",
            "y of (0, 0)", "pinholes known by")  # fmt: skip
    return Table("Linear part by picture", head, tuple(rows))


def _degrees(solved: Solved) -> tuple[Table, ...]:
    if not solved.told_apart:
        return ()
    rows = tuple(
        (degree, float(f"{share:.2g}"), "told apart" if share >= 0.01 else "not told apart: taken for distortion")
        for degree, share in solved.told_apart.items()
    )
    flagged = tuple(place for place, row in enumerate(rows) if row[1] < 0.01)
    return (Table("Distortion and errors of the mask", ("order", "weight that is left", "meaning"), rows, flagged),)


def _outstanding(solved: Solved) -> Table:
    """The ten pinholes that lie farthest off, used or not."""
    measured, found = solved.measured, solved.solution
    far = np.argsort(-measured.apart)[:10]
    rows = tuple(
        (int(measured.seen.frame[at]) + 1, round(float(measured.seen.x[at]), 2), round(float(measured.seen.y[at]), 2),
         _short(float(found.residual[at].real)), _short(float(found.residual[at].imag)),
         round(float(measured.apart[at]), 1),
         "excluded" if solved.excluded[at] else "rejected" if solved.rejected[at] else "used")
        for at in far
    )  # fmt: skip
    head = ("input", "x", "y", "residual x (pixel)", "residual y (pixel)", "sigma", "state")
    return Table(
        "Pinholes that lie farthest off", head, rows, tuple(n for n, row in enumerate(rows) if row[-1] == "rejected")
    )


def _short(value: float) -> float:
    return round(value, 5)
