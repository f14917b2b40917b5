"""What headers and options say of the air, of the zenith, and of how a picture lies on the sky."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calgui.core.algorithms.dispersion.config import AdcConfig
from calgui.core.algorithms.exposure import number
from calgui.core.atmosphere.ciddor import ZERO_CELSIUS, Air
from calgui.core.atmosphere.direction import Orientation, upright
from calgui.core.atmosphere.refraction import STEEPEST
from calgui.core.errors import InputError
from calgui.core.frames.sky import compass

#: keywords that may hold it, the first one is asked for by name
PRESSURE = ("PRESSURE", "AIRPRESS", "ATMPRESS", "ENVPRESS", "AIRPRES", "PRES")
TEMPERATURE = ("AIRTEMP", "TEMPERAT", "AMBTEMP", "OUTTEMP", "ENVTEMP", "TEMPAIR")
HUMIDITY = ("HUMIDITY", "RELHUM", "AIRHUM", "ENVHUM", "HUMID")
ZENITH = ("ZENITH", "ZENANG", "ZD")
#: hPa of one unit
_HPA = {
    "hpa": 1.0,
    "mbar": 1.0,
    "mb": 1.0,
    "pa": 0.01,
    "kpa": 10.0,
    "bar": 1000.0,
    "mmhg": 1.3332237,
    "torr": 1.3332237,
}
_KELVIN = {"k", "kelvin"}
#: AIRMASS and EL that differ by more than this part are told of
_APART = 0.01


@dataclass(frozen=True)
class Known:
    """A value, and where it is from.

    Attributes
    ----------
    value : float
        In the unit of the table.
    source : str
        A keyword, or ``option``.
    """

    value: float
    source: str


@dataclass(frozen=True)
class Conditions:
    """Everything that the dispersion of air depends on.

    Attributes
    ----------
    air : Air
        At the telescope.
    zenith : float
        Zenith angle, degrees.
    listed : mapping of str to tuple of str
        What it is to value and source, for people.
    doubts : tuple of str
        Sentences of what does not fit together.
    """

    air: Air
    zenith: float
    listed: Mapping[str, tuple[str, str]]
    doubts: tuple[str, ...] = ()


def conditions_of(header: Mapping[str, Any], config: AdcConfig, path: Path | None) -> Conditions:
    """The air and the zenith angle of an exposure.

    Parameters
    ----------
    header : mapping
        Its keywords.
    config : AdcConfig
        Options stand in for keywords.
    path : pathlib.Path or None
        Of the file, for messages.

    Returns
    -------
    Conditions

    Raises
    ------
    InputError
        Naming what is missing, or what no air can have; a star at or below the horizon.
    """
    pressure = _pressure(header, config)
    temperature = _temperature(header, config)
    humidity = _humidity(header, config)
    zenith, doubts = _zenith(header, config, path)
    missing = [
        f"{what} (keyword {keyword}, or option {name})"
        for found, what, keyword, name in (
            (pressure, "the pressure of the air", PRESSURE[0], "pressure"),
            (temperature, "its temperature", TEMPERATURE[0], "temperature"),
            (humidity, "its humidity", HUMIDITY[0], "humidity"),
            (zenith, "the zenith angle (EL or AIRMASS)", ZENITH[0], "zenith_angle"),
        )
        if found is None
    ]
    if pressure is None or temperature is None or humidity is None or zenith is None:
        raise InputError(
            f"To compute the dispersion of air, there is missing: {'; '.join(missing)}.",
            path=path,
            cure="Add them to the header, or give the options; of a cube, use=measured does without.",
        )
    _check_air(pressure, temperature, humidity, path)
    if not zenith.value < 90:
        raise InputError(
            f"The zenith angle is {zenith.value:.2f}° ({zenith.source}): the star is at or below the horizon.",
            path=path,
            cure="Correct EL or AIRMASS in the header, or give the option zenith_angle.",
        )
    if zenith.value > STEEPEST:
        raise InputError(
            f"The zenith angle is {zenith.value:.2f}° ({zenith.source}): refraction by two terms holds up to "
            f"{STEEPEST:g}°.",
            path=path,
            cure="Correct EL or AIRMASS in the header, or give the option zenith_angle.",
        )
    air = Air(100 * pressure.value, temperature.value + ZERO_CELSIUS, humidity.value / 100, config.co2)
    listed = {
        "pressure": (f"{pressure.value:.2f} hPa", pressure.source),
        "temperature": (f"{temperature.value:.2f} °C", temperature.source),
        "humidity": (f"{humidity.value:.1f} %", humidity.source),
        "carbon dioxide": (f"{config.co2:g} ppm", "option"),
        f"zenith angle, {config.zenith_angle_is}": (f"{zenith.value:.4f}°", zenith.source),
    }
    return Conditions(air, zenith.value, listed, doubts)


def _first(header: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, float, str] | None:
    """Keyword, value, and the unit that its comment begins with, in lower case."""
    for name in names:
        value = number(header, name)
        if value is not None:
            comment = str(getattr(header, "comments", {}).get(name, "")).strip()
            unit = comment[1 : comment.index("]")] if comment.startswith("[") and "]" in comment else ""
            return name, value, unit.strip().lower()
    return None


def _pressure(header: Mapping[str, Any], config: AdcConfig) -> Known | None:
    if config.pressure is not None:
        return Known(config.pressure, "option")
    found = _first(header, PRESSURE)
    if found is None:
        return None
    name, value, unit = found
    if unit not in _HPA:  # by its size: no telescope is under more than 1,100 hPa
        unit = "pa" if value > 2000 else "hpa" if value > 200 else "kpa"
    return Known(value * _HPA[unit], name)


def _temperature(header: Mapping[str, Any], config: AdcConfig) -> Known | None:
    if config.temperature is not None:
        return Known(config.temperature, "option")
    found = _first(header, TEMPERATURE)
    if found is None:
        return None
    name, value, unit = found
    return Known(value - ZERO_CELSIUS if unit in _KELVIN or (not unit and value > 150) else value, name)


def _humidity(header: Mapping[str, Any], config: AdcConfig) -> Known | None:
    if config.humidity is not None:
        return Known(config.humidity, "option")
    found = _first(header, HUMIDITY)
    if found is None:
        return None
    name, value, unit = found
    return Known(value if "%" in unit or "percent" in unit or value > 1 else 100 * value, name)


def _zenith(header: Mapping[str, Any], config: AdcConfig, path: Path | None) -> tuple[Known | None, tuple[str, ...]]:
    if config.zenith_angle is not None:
        return Known(config.zenith_angle, "option"), ()
    found = _first(header, ZENITH)
    elevation, mass = number(header, "EL"), number(header, "AIRMASS")
    doubts: tuple[str, ...] = ()
    by_mass = None
    if mass is not None:
        if mass < 0.999:
            raise InputError(
                f"AIRMASS is {mass:g}: no star is seen through less air than one in the zenith.",
                path=path,
                cure="Correct AIRMASS in the header, or give the option zenith_angle.",
            )
        by_mass = math.degrees(math.acos(min(1 / mass, 1.0)))
    if elevation is not None:
        zenith = 90 - elevation
        if mass is not None and 0 <= zenith < 90 and abs(mass * math.cos(math.radians(zenith)) - 1) > _APART:
            doubts = (f"EL {elevation:g}° and AIRMASS {mass:g} do not fit together; EL was used.",)
        return Known(zenith, "EL"), doubts
    if found is not None:
        return Known(found[1], found[0]), ()
    return (None if by_mass is None else Known(by_mass, "AIRMASS")), ()


def _check_air(pressure: Known, temperature: Known, humidity: Known, path: Path | None) -> None:
    for what, known, unit, low, high, name in (
        ("pressure of the air", pressure, "hPa", 300.0, 1100.0, "pressure"),
        ("temperature of the air", temperature, "°C", -60.0, 60.0, "temperature"),
        ("humidity", humidity, "%", 0.0, 100.0, "humidity"),
    ):
        if not low <= known.value <= high:
            raise InputError(
                f"The {what} is {known.value:g} {unit} ({known.source}); telescopes stand in {low:g} to {high:g}.",
                path=path,
                cure=f"Correct {known.source} in the header, or give the option {name}.",
            )


@dataclass(frozen=True)
class Lying:
    """How a picture lies on the sky.

    Attributes
    ----------
    zenith : float
        Position angle of the zenith, degrees: the parallactic angle.
    orientation : Orientation
        North and east on it.
    listed : mapping of str to tuple of str
        What it is to value and source, for people.
    """

    zenith: float
    orientation: Orientation
    listed: Mapping[str, tuple[str, str]]


def lying_of(
    header: Mapping[str, Any], place: tuple[float, float], parallactic: float | None, position: float | None
) -> Lying | str:
    """The zenith on a picture.

    Parameters
    ----------
    header : mapping
        PARANG; a world coordinate system of the sky, or PA, the position angle of the y axis, or
        PROTANG, that less the parallactic angle.
    place : tuple of float
        x, y of the star, pixels from 0.
    parallactic, position : float or None
        Options that stand in for them: ``parallactic_angle``, ``position_angle``.

    Returns
    -------
    Lying or str
        A sentence of what is missing, by name, where it cannot be told.
    """
    angle = Known(parallactic, "option") if parallactic is not None else None
    if angle is None and (value := number(header, "PARANG")) is not None:
        angle = Known(value, "PARANG")
    if position is not None:
        turn, orientation, source = position, upright(position), "option"
    elif (found := compass(header, *place)) is not None:
        orientation, source = Orientation(found.north, found.east), "coordinates of the sky"
        turn = math.degrees(math.atan2(found.east[1], found.north[1]))
    elif (value := number(header, "PA")) is not None:
        turn, orientation, source = value, upright(value), "PA"
    elif angle is not None and (value := number(header, "PROTANG")) is not None:
        # the pupil turns with the zenith: by the position angle of the y axis less the parallactic angle
        turn = value + angle.value
        orientation, source = upright(turn), "PROTANG and the parallactic angle"
    else:
        orientation = None
    missing = []
    if angle is None:
        missing.append("the parallactic angle (keyword PARANG, or option parallactic_angle)")
    if orientation is None:
        missing.append("coordinates of the sky, or the position angle of the y axis (PA, or option position_angle)")
    if angle is None or orientation is None:
        return f"Which way the zenith is on the picture cannot be told without {' and '.join(missing)}."
    return Lying(
        angle.value,
        orientation,
        {
            "parallactic angle": (f"{angle.value:.4f}°", angle.source),
            "position angle of the y axis": (f"{turn:.3f}°", source),
        },
    )


def scale_of_picture(
    header: Mapping[str, Any], given: float | None, place: tuple[float, float]
) -> tuple[Known | None, tuple[str, ...]]:
    """The plate scale of a picture.

    Parameters
    ----------
    header : mapping
        Coordinates of the sky, or SCALE.
    given : float or None
        What the option ``pixel_scale_mas`` says.
    place : tuple of float
        x, y of the star, pixels from 0.

    Returns
    -------
    Known or None, tuple of str
        mas per pixel, None where nothing says it; sentences of what does not fit together.
    """
    if given is not None:
        return Known(given, "option"), ()
    found, said = compass(header, *place), number(header, "SCALE")
    if found is not None:
        mas = 1000 * found.scale
        if said is not None and said > 0 and abs(1000 * said / mas - 1) > 0.02:
            doubt = f"SCALE says {1000 * said:g} mas per pixel, the coordinates of the sky {mas:.4g}; these were used."
            return Known(mas, "coordinates of the sky"), (doubt,)
        return Known(mas, "coordinates of the sky"), ()
    return (Known(1000 * said, "SCALE") if said is not None and said > 0 else None), ()
