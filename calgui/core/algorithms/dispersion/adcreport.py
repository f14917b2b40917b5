"""What there is to see and to keep of a residual: metrics, curves, tables, marks, the ADC reference."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.fitting import span
from calgui.core.algorithms.dispersion.residual import Residual
from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.registry import Curve, Metric, Table
from calgui.core.frames.writing import ExtraHdu

Floats = npt.NDArray[np.float64]

#: what became of the star in a range of wavelengths
FATES = ("used", "rejected", "excluded", "not seen")


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _largest(pair: tuple[Floats, Floats] | None) -> float:
    return span(*pair) if pair is not None else math.nan


def adopted_mas(made: Residual) -> float:
    """Largest shift between two wavelengths of the residual that was adopted, mas.

    Parameters
    ----------
    made : Residual
        Of the star where there is one, else computed.

    Returns
    -------
    float
    """
    if made.star is not None and made.scale is not None:
        return made.scale.value * span(*made.measured_pixels())
    return _largest(made.sky())


def metrics(made: Residual) -> dict[str, Metric]:
    """The figures of a residual.

    Parameters
    ----------
    made : Residual
        Any.

    Returns
    -------
    dict of str to Metric
    """
    sky, star, computed, agreement = made.sky(), made.star, made.computed, made.agreement
    pixels = made.pixels()
    of = "of the star" if star is not None else "computed"
    apart = float(np.hypot(*sky).max()) if sky is not None else math.nan
    if sky is None and star is not None and made.scale is not None:
        apart = made.scale.value * float(np.hypot(*made.measured_pixels()).max())
    measured = made.scale.value * span(*made.measured_pixels()) if star is not None and made.scale else math.nan
    found = {
        "max_shift_mas": Metric(
            _known(adopted_mas(made)), "mas", f"Largest residual shift between two wavelengths, {of}."
        ),
        "max_shift_from_reference_mas": Metric(_known(apart), "mas", "Largest one from the reference wavelength."),
        "max_shift_pixel": Metric(_known(_largest(pixels)), "pixel", "Between two wavelengths, on the picture."),
        "computed_shift_mas": Metric(
            _known(span(computed.along, computed.across)) if computed else None,
            "mas",
            "Between two wavelengths, by air and corrector.",
        ),
        "measured_shift_mas": Metric(_known(measured), "mas", "Between two wavelengths, by the fit to the star."),
        "air_shift_mas": Metric(
            _known(float(np.ptp(computed.air))) if computed else None, "mas", "What the air alone makes."
        ),
        "chi2": Metric(
            _known(agreement.chi2) if agreement else None,
            "",
            "Of measured less computed, over the degrees of freedom: 1 where errors alone keep them apart.",
        ),
        "chance": Metric(
            _known(agreement.chance) if agreement else None, "", "That errors alone make so large a chi²."
        ),
        "difference_rms_mas": Metric(
            _known(agreement.rms) if agreement else None, "mas", "Of measured less computed, along one axis."
        ),
        "difference_max_mas": Metric(
            _known(agreement.worst) if agreement else None, "mas", "Largest distance of the fit from what was computed."
        ),
        "seen_fraction": Metric(
            _known(agreement.part) if agreement else None, "", "Dispersion of the star over that of the air alone."
        ),
        "seen_angle_deg": Metric(
            _known(agreement.angle) if agreement else None,
            "deg",
            "From the zenith to where shorter wavelengths are seen; 180 where the corrector did too much.",
        ),
        "reference_um": Metric(made.reference, "um", "Wavelength that shifts are counted from, vacuum."),
        "zenith_angle_deg": Metric(computed.conditions.zenith if computed else None, "deg", "Of the star."),
        "parallactic_angle_deg": Metric(
            None if isinstance(made.lying, str) else made.lying.zenith, "deg", "Position angle of the zenith."
        ),
        "pixel_scale_mas": Metric(made.scale.value if made.scale else None, "mas", "Plate scale."),
        "n_used": Metric(int(star.fit.used.sum()) if star else None, "", "Ranges of wavelength in the fit."),
        "n_rejected": Metric(int(star.fit.rejected.sum()) if star else None, "", "Ranges that lie off the fit."),
        "fit_chi2": Metric(_known(star.fit.chi2) if star else None, "", "Reduced chi² of the polynomials."),
        "fit_rms_pixel": Metric(_known(star.fit.rms) if star else None, "pixel", "Of the star about them, one axis."),
        "error_pixel": Metric(
            _known(_median_error(made)) if star else None, "pixel", "Of one place along one axis, median."
        ),
    }
    return found


def _median_error(made: Residual) -> float:
    star = made.star
    assert star is not None
    return float(np.median(np.concatenate([star.x_error[star.fit.used], star.y_error[star.fit.used]])))


def _places_sky(made: Residual) -> tuple[Floats, Floats, Floats, Floats] | None:
    """Single places from the fit's at the reference wavelength: along, across and their errors, mas."""
    star = made.star
    if star is None or made.scale is None or isinstance(made.lying, str):
        return None
    x0, y0 = (float(one[0]) for one in star.fit.at(np.array([made.reference])))
    mas = made.scale.value
    along, across = made.lying.orientation.to_sky(
        mas * (star.path.x[0] - x0), mas * (star.path.y[0] - y0), made.lying.zenith
    )
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
            drawn.append(Curve(f"Shift {title}", "wavelength (µm)", f"shift {towards} (mas)", lines, points=points))
    if star is not None:
        drawn += _on_picture(made)
    if computed is not None and np.abs(computed.correction.along).max() > 0:
        both = {"air alone": (wave, computed.air), "left by the corrector": (wave, computed.along)}
        drawn.append(Curve("What the corrector took out", "wavelength (µm)", "shift to the zenith (mas)", both))
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
    x0, y0 = (float(one[0]) for one in star.fit.at(np.array([made.reference])))
    fitted, there = made.measured_pixels(), made.computed_pixels()
    drawn = []
    for k, (name, values, error) in enumerate(
        (("x", star.path.x[0] - x0, star.x_error), ("y", star.path.y[0] - y0, star.y_error))
    ):
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
    x, y = made.measured_pixels(made.wavelength[[0, -1]])
    at = [float(one[0]) for one in star.fit.at(np.array([made.reference]))]
    return Marks(
        "stars", np.array([at[0]]), np.array([at[1]]), np.zeros(1, np.int64), ("used",), np.ones(1, np.int64),
        label=("from the first wavelength to the last",), vectors=(np.array([x[1] - x[0]]), np.array([y[1] - y[0]])),
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
        x0, y0 = (float(one[0]) for one in star.fit.at(np.array([made.reference])))
        columns |= {
            "measured_x": scale * (star.path.x[0] - x0),
            "measured_y": scale * (star.path.y[0] - y0),
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
