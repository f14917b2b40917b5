"""Typed options of an algorithm, declared once on its configuration dataclass.

A configuration is a frozen dataclass whose fields are made with `option`; `describe` turns it into what a form, the
command line and the documentation need; `parse` builds one from ``OPTION=VALUE`` texts, refusing what does not fit.
"""

import dataclasses
import enum
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from calgui.core.errors import UsageError

C = TypeVar("C")
_KEY = "calgui.option"


@dataclass(frozen=True)
class OptionInfo:
    """What a form or a command line needs to know of one option.

    Attributes
    ----------
    name : str
        The field's name, as given to ``-p NAME=VALUE``.
    type : str
        ``bool``, ``int``, ``float``, ``choice`` or ``text``.
    default : object
        Its value when not given.
    help : str
        One line.
    unit : str
        Empty for a number without one.
    minimum, maximum : float or None
        The range that is accepted, ends included.
    choices : tuple of str
        For ``choice``.
    optional : bool
        Whether "not given" (``None``) is a value.
    group : str
        Heading under which a form may fold it away; empty for one that is always seen.
    """

    name: str
    type: str
    default: Any
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    group: str = ""


def option(
    default: Any,
    help: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    group: str = "",
) -> Any:
    """Declare one field of a configuration dataclass.

    Parameters
    ----------
    default : object
        Its value when not given.
    help : str
        One line that tells a user what it does.
    unit : str
        Unit of a number.
    minimum, maximum : float, optional
        The range that is accepted, ends included.
    group : str
        Heading under which a form may fold it away with others; named as a choice, it belongs to that choice.

    Returns
    -------
    dataclasses.Field
        For use as the field's default.
    """
    extra = {"help": help, "unit": unit, "minimum": minimum, "maximum": maximum, "group": group}
    return dataclasses.field(default=default, metadata={_KEY: extra})


def describe(config: type[Any]) -> tuple[OptionInfo, ...]:
    """The options of a configuration class, in the order of its fields.

    Parameters
    ----------
    config : type
        A dataclass whose fields were made with `option`.

    Returns
    -------
    tuple of OptionInfo
    """
    hints = typing.get_type_hints(config)
    return tuple(_describe(field, hints[field.name]) for field in dataclasses.fields(config))


def _describe(field: "dataclasses.Field[Any]", hint: Any) -> OptionInfo:
    arguments = typing.get_args(hint)
    optional = type(None) in arguments
    if optional:
        (hint,) = (argument for argument in arguments if argument is not type(None))
    choices: tuple[str, ...] = ()
    if typing.get_origin(hint) is typing.Literal:
        kind, choices = "choice", tuple(str(value) for value in typing.get_args(hint))
    elif isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        kind, choices = "choice", tuple(member.value for member in hint)
    else:
        kind = {bool: "bool", int: "int", float: "float", str: "text"}[hint]
    return OptionInfo(
        name=field.name,
        type=kind,
        default=field.default,
        choices=choices,
        optional=optional,
        **field.metadata[_KEY],
    )


def parse(config: type[C], values: Mapping[str, Any]) -> C:
    """Make a configuration from option values, as texts or as the right types.

    Parameters
    ----------
    config : type
        A dataclass whose fields were made with `option`.
    values : mapping
        Option name to value; options that are left out keep their default.

    Returns
    -------
    object
        An instance of ``config``.

    Raises
    ------
    UsageError
        For an unknown option, or a value of the wrong type or outside its range.
    """
    infos = {info.name: info for info in describe(config)}
    unknown = [name for name in values if name not in infos]
    if unknown:
        raise UsageError(f"There is no option {unknown[0]!r}.", cure=f"The options are: {', '.join(infos) or 'none'}.")
    hints = typing.get_type_hints(config)
    made = {name: _convert(infos[name], hints[name], value) for name, value in values.items()}
    return config(**made)


def _convert(info: OptionInfo, hint: Any, value: Any) -> Any:
    if value is None or (info.optional and isinstance(value, str) and value.lower() in {"", "none"}):
        if info.optional:
            return None
        raise UsageError(f"Option {info.name!r} needs a value.", cure=_expected(info))
    try:
        converted = _typed(info, hint, value)
    except ValueError:
        raise UsageError(f"Option {info.name!r} cannot be {value!r}.", cure=_expected(info)) from None
    if info.type in {"int", "float"} and not (
        (info.minimum is None or converted >= info.minimum)
        and (info.maximum is None or converted <= info.maximum)
        and math.isfinite(converted)
    ):
        raise UsageError(f"Option {info.name!r} cannot be {value!r}.", cure=_expected(info))
    return converted


def _typed(info: OptionInfo, hint: Any, value: Any) -> Any:
    if info.type == "bool":
        return _boolean(value)
    if info.type == "int":
        number = float(value)
        if not number.is_integer():
            raise ValueError(value)
        return int(number)
    if info.type == "float":
        return float(value)
    if info.type == "choice":
        if str(value) not in info.choices:
            raise ValueError(value)
        enums = [part for part in (hint, *typing.get_args(hint)) if isinstance(part, type)]
        enum_type = next((part for part in enums if issubclass(part, enum.StrEnum)), None)
        return enum_type(value) if enum_type is not None else str(value)
    return str(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in {"true", "yes", "on", "1"}:
        return True
    if text in {"false", "no", "off", "0"}:
        return False
    raise ValueError(value)


def _expected(info: OptionInfo) -> str:
    unit = f" {info.unit}" if info.unit else ""
    if info.choices:
        return f"Choose one of: {', '.join(info.choices)}."
    if info.type == "bool":
        return "Give true or false."
    if info.type in {"int", "float"}:
        kind = "a whole number" if info.type == "int" else "a number"
        low = f" from {info.minimum:g}" if info.minimum is not None else ""
        high = f" up to {info.maximum:g}" if info.maximum is not None else ""
        return f"Give {kind}{low}{high}{unit}."
    return "Give a text."
