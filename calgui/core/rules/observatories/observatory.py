"""An observatory as data: its instruments, reference types, keywords. Nothing here knows the ``crds`` package.

What differs between observatories stands in ``resources/observatories/<name>.toml``; for a cache whose observatory has
no such file, it is derived from the mappings alone.
"""

import itertools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

from calgui.core.errors import InputError
from calgui.core.resources import resources

_FITS_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}\Z")
_SIMPLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_DATE_PARKEYS = (
    ("DATE-OBS", "TIME-OBS"),
    ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME"),
    ("ROMAN.META.EXPOSURE.START_TIME",),
    ("META.DATE",),
)


def simple_name(name: str) -> bool:
    """Whether a text can be the name of an observatory or instrument: a short word of letters, digits, underscores."""
    return _SIMPLE_NAME.match(name.lower()) is not None


@dataclass(frozen=True)
class KeywordRow:
    """One row of the table FITS keyword <-> parkey.

    Attributes
    ----------
    parkey : str
        Upper case, as in mappings: ``META.INSTRUMENT.FILTER``.
    keyword : str
        FITS keyword: ``FILTER``.
    type : str
        ``string``, ``number``, ``integer`` or ``boolean``.
    allowed : tuple of str
        Values that it may have; empty where they are not listed.
    """

    parkey: str
    keyword: str
    type: str = "string"
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class NonLinearity:
    """What the coefficients of a NONLINCOEFF reference mean.

    Attributes
    ----------
    form : str
        ``factor``: corrected = (1 + c0 + c1 x + c2 x² + ...) x; ``polynomial``: corrected = sum of c_k x^k.
    coefficients : int or None
        How many there are; None for any number.
    linear_to_e, saturation_e : float or None
        Up to where the detector is nearly linear, and where it saturates, in electrons.
    """

    form: str
    coefficients: int | None = None
    linear_to_e: float | None = None
    saturation_e: float | None = None


@dataclass(frozen=True)
class Observatory:
    """What is known of an observatory.

    Attributes
    ----------
    name : str
        Lower case, as in the mappings' headers.
    title : str
        As shown.
    instruments : tuple of str
        Upper case.
    types : tuple of str
        Reference types, upper case.
    dates : tuple of str
        Parkeys that hold the date (and time) by which a reference is chosen.
    rows : tuple of KeywordRow
        The table FITS keyword <-> parkey.
    reference_keywords : mapping of str to str
        Reference type (upper case) to the header keyword that records which file was used, where given expressly.
    nonlinearity : NonLinearity or None
        Form of the non-linearity coefficients.
    derived : bool
        Whether it was derived from mappings, not read from a file of ours.
    """

    name: str
    title: str = ""
    instruments: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    rows: tuple[KeywordRow, ...] = field(default=(), repr=False)
    reference_keywords: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    nonlinearity: NonLinearity | None = None
    derived: bool = False

    @cached_property
    def _by_parkey(self) -> dict[str, KeywordRow]:
        return {row.parkey: row for row in self.rows}

    @cached_property
    def _by_keyword(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for row in self.rows:
            found.setdefault(row.keyword, []).append(row.parkey)
        # the parkey that ends like the keyword is the likeliest one: IMTYPE, META.EXPOSURE.IMTYPE
        return {
            key: tuple(sorted(names, key=lambda name: not name.endswith("." + key))) for key, names in found.items()
        }

    def keyword_of(self, parkey: str) -> str | None:
        """The FITS keyword of a parkey.

        Parameters
        ----------
        parkey : str
            In any case.

        Returns
        -------
        str or None
            None where the table does not know one. A parkey that is a FITS keyword itself (HST) is its own.
        """
        row = self._by_parkey.get(parkey.upper())
        if row is not None:
            return row.keyword
        return parkey.upper() if _FITS_KEYWORD.match(parkey.upper()) else None

    def parkeys_of(self, keyword: str) -> tuple[str, ...]:
        """All parkeys that a FITS keyword gives a value to, the likeliest first."""
        return self._by_keyword.get(keyword.upper(), ())

    def parkey_of(self, keyword: str) -> str | None:
        """The parkey of a FITS keyword.

        Parameters
        ----------
        keyword : str
            In any case; a parkey gives itself.

        Returns
        -------
        str or None
            The likeliest one; None where there is none. Without a table (HST) keywords are parkeys.
        """
        key = keyword.upper()
        if key in self._by_parkey:
            return key
        names = self.parkeys_of(key)
        if names:
            return names[0]
        return key if not self.rows and _FITS_KEYWORD.match(key) else None

    def row(self, parkey: str) -> KeywordRow | None:
        """The row of the table for a parkey, or None."""
        return self._by_parkey.get(parkey.upper())

    def allowed(self, parkey: str) -> tuple[str, ...]:
        """Values that a parkey may have; empty where they are not listed."""
        row = self.row(parkey)
        return row.allowed if row else ()

    def reference_keyword(self, type: str) -> str | None:
        """The header keyword that records which reference of a type was used: ``R_DARK`` for a dark.

        Parameters
        ----------
        type : str
            Reference type, in any case.

        Returns
        -------
        str or None
            None where the observatory has no such custom.
        """
        key = type.upper()
        if key in self.reference_keywords:
            return self.reference_keywords[key]
        row = self._by_parkey.get(f"META.REF_FILE.{key}.NAME")
        if row is not None:
            return row.keyword
        if any(row.keyword.startswith("R_") for row in self.rows):
            return ("R_" + key)[:8]
        # HST: the type is the keyword
        return key if not self.rows and _FITS_KEYWORD.match(key) else None

    def parkeys(self, header: Mapping[str, object]) -> dict[str, str]:
        """A header in the words of the mappings.

        Parameters
        ----------
        header : mapping of str to object
            FITS keywords and parkeys, in any case.

        Returns
        -------
        dict of str to str
            Keys in upper case, values as text; each FITS keyword that the table knows stands under its parkeys too.
            A parkey that the header itself gives wins over one that a FITS keyword implies. What has no value (None,
            a card without one) is left out: it is missing, and no rule's ``NONE``.
        """
        given = {str(key).upper(): str(value) for key, value in header.items() if value is not None}
        implied = {parkey: value for key, value in given.items() for parkey in self.parkeys_of(key)}
        return {**implied, **given}

    def with_found(
        self, instruments: Iterable[str], types: Iterable[str], parkeys: Iterable[str] = ()
    ) -> "Observatory":
        """The same observatory, with what its mappings name beside.

        Parameters
        ----------
        instruments, types, parkeys : iterable of str
            In any case.

        Returns
        -------
        Observatory
            A parkey that its own table lacks gets the FITS keyword that other observatories have for it, where those
            agree.
        """
        more = [name.upper() for name in instruments]
        kinds = [name.upper() for name in types]
        return replace(
            self,
            instruments=tuple(dict.fromkeys([*self.instruments, *more])),
            types=tuple(sorted({*self.types, *kinds})),
            rows=(*self.rows, *_borrowed({key.upper() for key in parkeys} - {row.parkey for row in self.rows})),
        )


def derive(name: str, instruments: Iterable[str], types: Iterable[str], parkeys: Iterable[str]) -> Observatory:
    """An observatory that no file describes, from what its mappings say.

    Parameters
    ----------
    name : str
        From the mappings' headers.
    instruments, types, parkeys : iterable of str
        All that the mappings name.

    Returns
    -------
    Observatory
        With ``derived`` set. Mappings do not say which FITS keywords stand for dotted parkeys: those are as for the
        observatories that are described.
    """
    found = {key.upper() for key in parkeys}
    dates = next((keys for keys in _DATE_PARKEYS if found.intersection(keys)), ())
    return Observatory(name.lower(), name.upper(), dates=dates, derived=True).with_found(instruments, types, found)


def _borrowed(parkeys: set[str]) -> tuple[KeywordRow, ...]:
    """Rows for parkeys that have no table of their own: dotted ones as others have them, plain ones for themselves.

    What stands before ``META.`` (Roman's) makes no difference, but for dates: Roman's text is a number of days
    elsewhere. Where others disagree there is none: that would be a guess.
    """
    common = _common_rows()
    dotted = {key: common.get(key[key.find("META.") :]) for key in parkeys if "META." in key}
    rows = [
        KeywordRow(key, row.keyword, row.type)
        for key, row in sorted(dotted.items())
        if row is not None and (key == row.parkey or key not in itertools.chain(*_DATE_PARKEYS))
    ]
    # without dotted ones no table is needed, and keywords are parkeys
    plain = sorted(key for key in parkeys if rows and _FITS_KEYWORD.match(key))
    return (*rows, *(KeywordRow(key, key) for key in plain))


@cache
def _common_rows() -> Mapping[str, KeywordRow]:
    """Rows by parkey, where the described observatories agree."""
    found: dict[str, dict[str, KeywordRow]] = {}
    for path in sorted((resources() / "observatories").glob("*.toml")):
        known = described(path.stem)
        for row in known.rows if known else ():
            found.setdefault(row.parkey, {})[row.keyword] = row
    return {parkey: next(iter(rows.values())) for parkey, rows in found.items() if len(rows) == 1}


@cache
def described(name: str) -> Observatory | None:
    """The observatory that ``resources/observatories/<name>.toml`` describes.

    Parameters
    ----------
    name : str
        In any case.

    Returns
    -------
    Observatory or None
        None where there is no such file.
    """
    path = resources() / "observatories" / f"{name.lower()}.toml"
    if not simple_name(name) or not path.is_file():
        return None
    return read_observatory(path)


def read_observatory(path: Path) -> Observatory:
    """Read the description of an observatory.

    Parameters
    ----------
    path : pathlib.Path
        A TOML file as in ``resources/observatories``.

    Returns
    -------
    Observatory

    Raises
    ------
    InputError
        When the file cannot be read or lacks a part.
    """
    try:
        with path.open("rb") as stream:
            data = tomllib.load(stream)
        allowed = data.get("allowed", {})
        rows = tuple(
            KeywordRow(parkey.upper(), keyword.upper(), kind, tuple(allowed.get(parkey, ())))
            for parkey, (keyword, kind) in data["keywords"].items()
        )
        bent = data.get("nonlinearity")
        return Observatory(
            name=data["name"].lower(),
            title=data.get("title", data["name"]),
            instruments=tuple(name.upper() for name in data["instruments"]),
            types=tuple(sorted(name.upper() for name in data["types"])),
            dates=tuple(name.upper() for name in data["dates"]),
            rows=rows,
            reference_keywords=MappingProxyType({key.upper(): k for key, k in data["reference_keywords"].items()}),
            nonlinearity=NonLinearity(**bent) if bent else None,
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"The description of the observatory is not usable: {error!r}.",
            path=path,
            cure="Compare it with the other files of its folder.",
        ) from error
