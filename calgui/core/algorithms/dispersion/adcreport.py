"""What there is to see and to keep of a residual: curves, tables, marks, the ADC reference."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.residual import Residual
from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.registry import Curve, Metric, Table
from calgui.core.frames.writing import ExtraHdu

Floats = npt.NDArray[np.float64]

#: what became of the star in a range of wavelengths
FATES = ("used", "rejected", "excluded", "not seen")


def _places_sky(made: Residual) -> tuple[Floats, Floats, Floats, Floats] | None:
    """Single places from the fit's at the reference wavelength: along, across and their errors, mas."""
    star = made.star
    if star is None or made.scale is None or isinstance(made.lying, str):
        return None
    mas, (x, y) = made.scale.value, made.places()
    along, across = made.lying.orientation.to_sky(mas * x, mas * y, made.lying.zenith)
    one, none = np.array([1.0]), np.array([0.0])
    (a, c), (b, d) = (made.lying.orientation.to_sky(p, q, made.lying.zenith) for p, q in ((one, none), (none, one)))
    ex, ey = mas * star.x_error, mas * star.y_error
    return along, across, np.hypot(a[0] * ex, b[0] * ey), np.hypot(c[0] * ex, d[0] * ey)


def curves(made: Residual) -> tuple[Curve, ...]:
    """Diagnostics of a residual.

    Parameters
    ----------
    made : Residual
        Any.

    Returns
    -------
    tuple of Curve
        The star and the air together, along the zenith and across; on the picture; what is left between both.
    """
    wave, computed, star = made.wavelength, made.computed, made.star
    drawn: list[Curve] = []
    places, fitted = _places_sky(made), made.measured_sky()
    for k, (title, towards) in enumerate((("towards the zenith", "to the zenith"), ("across", "across"))):
        lines: dict[str, tuple[Any, Any]] = {}
        points: tuple[str, ...] = ()
        if computed is not None:
            lines["computed"] = wave, (computed.along, computed.across)[k]
        if star is not None and places is not None and fitted is not None:
            lines["fit to the star"] = wave, fitted[k]
            lines |= _split(star.fit.used, star.fit.rejected | star.fit.excluded, wave, places[k], "star")
            points = tuple(name for name in lines if name.startswith("star"))
            lines |= _bars(wave, places[k], places[k + 2], star.path.usable[0])
        if lines:
            drawn.append(Curve(f"Shift {title}", "wavelength (µm)", f"{towards} (mas)", lines, points=points))
    if star is not None:
        drawn += _on_picture(made)
    if computed is not None and np.abs(computed.correction.along).max() > 0:
        both = {"air alone": (wave, computed.air), "left by the corrector": (wave, computed.along)}
        drawn.append(Curve("What the corrector took out", "wavelength (µm)", "to the zenith (mas)", both))
    if made.agreement is not None and star is not None and made.scale is not None:
        used = star.fit.used
        off = {
            "along x": (wave[used], made.scale.value * made.agreement.x_off[used]),
            "along y": (wave[used], made.scale.value * made.agreement.y_off[used]),
        }
        drawn.append(Curve("Measured less computed", "wavelength (µm)", "difference (mas)", off, points=tuple(off)))
    return tuple(drawn)


def _split(used: Any, out: Any, wave: Floats, values: Floats, name: str) -> dict[str, tuple[Any, Any]]:
    made = {name: (wave[used], values[used])}
    if out.any():
        made[f"{name}, left out"] = (wave[out], values[out])
    return made


def _bars(wave: Floats, values: Floats, errors: Floats, there: Any) -> dict[str, tuple[Any, Any]]:
    """Errors as one line with gaps."""
    w, v, e = wave[there], values[there], errors[there]
    gap = np.full(w.shape, np.nan)
    return {"one sigma": (np.column_stack([w, w, gap]).ravel(), np.column_stack([v - e, v + e, gap]).ravel())}


def _on_picture(made: Residual) -> list[Curve]:
    star, wave = made.star, made.wavelength
    assert star is not None
    fitted, there = made.measured_pixels(), made.computed_pixels()
    drawn = []
    for k, (name, values, error) in enumerate(zip("xy", made.places(), (star.x_error, star.y_error), strict=True)):
        lines: dict[str, tuple[Any, Any]] = {}
        if there is not None:
            lines["computed"] = wave, there[k]
        lines["fit to the star"] = wave, fitted[k]
        lines |= _split(star.fit.used, star.fit.rejected | star.fit.excluded, wave, values, "star")
        points = tuple(one for one in lines if one.startswith("star"))
        lines |= _bars(wave, values, error, star.path.usable[0])
        drawn.append(
            Curve(f"Shift along {name}", "wavelength (µm)", f"shift along {name} (pixel)", lines, points=points)
        )
    return drawn


def tables(made: Residual) -> tuple[Table, ...]:
    """Conditions, and the star in each range of wavelengths.

    Parameters
    ----------
    made : Residual
        Any.

    Returns
    -------
    tuple of Table
    """
    listed: dict[str, tuple[str, str]] = {}
    if made.computed is not None:
        listed |= {**made.computed.conditions.listed, **made.computed.correction.listed}
        beyond = ", beyond the fit of Mathar 2007" if made.computed.beyond else ""
        listed["error of the air's dispersion"] = (f"{made.computed.error:.3g} mas", f"air_error{beyond}")
    if not isinstance(made.lying, str):
        listed |= made.lying.listed
    if made.scale is not None:
        listed["plate scale"] = (f"{made.scale.value:.4g} mas/pixel", made.scale.source)
    listed["reference wavelength"] = (f"{made.reference:.4f} µm", "")
    found = [
        Table(
            "What it was computed for",
            ("quantity", "value", "from"),
            tuple((what, value, source) for what, (value, source) in listed.items()),
        )
    ]
    star = made.star
    if star is None:
        return tuple(found)
    fates = _fates(made)
    rows = tuple(
        (
            round(float(made.wavelength[k]), 5), f"{star.path.planes[k, 0] + 1}-{star.path.planes[k, 1] + 1}",
            round(float(star.path.x[0, k]), 4), round(float(star.x_error[k]), 4),
            round(float(star.path.y[0, k]), 4), round(float(star.y_error[k]), 4), FATES[fates[k]],
        )
        for k in range(len(fates))
    )  # fmt: skip
    columns = ("wavelength (µm)", "planes", "x (pixel)", "error", "y (pixel)", "error", "state")
    flagged = tuple(int(k) for k in np.flatnonzero(fates != 0))
    return (*found, Table("The star in each range of wavelengths", columns, rows, flagged))


def _fates(made: Residual) -> npt.NDArray[np.int64]:
    star = made.star
    assert star is not None
    fates = np.full(len(made.wavelength), 3, np.int64)
    for k, mask in enumerate((star.fit.used, star.fit.rejected, star.fit.excluded)):
        fates[mask] = k
    return fates


def marks(made: Residual) -> Marks | None:
    """Where the star is, and how it moves from the first wavelength to the last.

    Parameters
    ----------
    made : Residual
        Any.

    Returns
    -------
    Marks or None
        None without pixels.
    """
    star = made.star
    if star is None:
        return None
    x, y = (shift[np.isfinite(shift)] for shift in made.measured_pixels())
    at = made.at_reference()
    return Marks(
        "stars", np.array([at[0]]), np.array([at[1]]), np.zeros(1, np.int64), ("used",), np.ones(1, np.int64),
        label=("from the first wavelength to the last",), vectors=(np.array([x[-1] - x[0]]), np.array([y[-1] - y[0]])),
        vectors_name="from the first wavelength to the last", adds="star",
    )  # fmt: skip


def extension(made: Residual) -> ExtraHdu:
    """The table ``ADC``.

    Parameters
    ----------
    made : Residual
        Any.

    Returns
    -------
    ExtraHdu
        ``shift_along`` and ``shift_across`` are the residual that was adopted, smooth; NaN for what is not known.
    """
    n = len(made.wavelength)
    nothing = np.full(n, np.nan)
    empty = (nothing, nothing)
    sky, pixels = made.sky() or empty, made.pixels() or empty
    scale = made.scale.value if made.scale is not None else math.nan
    computed, there = made.computed, made.computed_mas() or empty
    columns: dict[str, Any] = {
        "wavelength": made.wavelength,
        "shift_along": sky[0],
        "shift_across": sky[1],
        "shift_x": scale * pixels[0],
        "shift_y": scale * pixels[1],
        "air_along": computed.air if computed else nothing,
        "computed_along": computed.along if computed else nothing,
        "computed_across": computed.across if computed else nothing,
        "computed_x": there[0],
        "computed_y": there[1],
    }
    star, places, fitted = made.star, _places_sky(made) or (nothing,) * 4, made.measured_sky() or empty
    columns |= {
        "fitted_along": fitted[0],
        "fitted_across": fitted[1],
        "measured_along": places[0],
        "measured_across": places[1],
        "error_along": places[2],
        "error_across": places[3],
    }
    if star is not None:
        x, y = made.places()
        columns |= {
            "measured_x": scale * x,
            "measured_y": scale * y,
            "error_x": scale * star.x_error,
            "error_y": scale * star.y_error,
        }
        columns["used"] = star.fit.used
    units = {name: "mas" for name in columns if name not in {"wavelength", "used"}} | {"wavelength": "um"}
    return ExtraHdu("ADC", columns, units)


def keywords(made: Residual, said: dict[str, Metric]) -> dict[str, tuple[Any, str]]:
    """What the header says of a residual.

    Parameters
    ----------
    made : Residual
        Any.
    said : dict of str to Metric
        Its figures.

    Returns
    -------
    dict
        Keyword to value and comment.
    """
    kept: dict[str, tuple[Any, str]] = {
        "ADCFROM": ("measured" if made.star is not None else "computed", "what shift_along and shift_across are"),
        "ADCREFW": (round(made.reference, 6), "[um] wavelength that shifts are counted from"),
    }
    if made.computed is not None:
        air = made.computed.conditions.air
        kept |= {
            "ZENITH": (round(made.computed.conditions.zenith, 5), "[deg] zenith angle of the table"),
            "ADCPRES": (round(air.pressure / 100, 4), "[hPa] pressure of the air"),
            "ADCTEMP": (round(air.temperature, 4), "[K] temperature of the air"),
            "ADCHUM": (round(100 * air.humidity, 4), "[%] relative humidity"),
            "ADCCO2": (air.co2, "[ppm] carbon dioxide"),
            "ADCKNOWN": (made.computed.correction.known, "whether it is known what the ADC took out"),
        }
    if not isinstance(made.lying, str):
        kept["ADCPARA"] = (round(made.lying.zenith, 5), "[deg] position angle of the zenith")
    for keyword, name, comment in (
        ("ADCMAX", "max_shift_mas", "[mas] largest shift between two wavelengths"),
        ("ADCCHI2", "chi2", "reduced chi2 of measured less computed"),
        ("ADCPART", "seen_fraction", "dispersion seen over that of the air"),
    ):
        value = said[name].value
        if isinstance(value, float):
            kept[keyword] = (round(value, 6), comment)
    return kept
