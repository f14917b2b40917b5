"""What crds's own command-line tools ask of an observatory, beside what selecting needs: all of it from data."""

import atexit
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from calgui.core.errors import CalguiError
from calgui.core.resources import resources
from calgui.core.rules.files.layout import Layout
from calgui.core.rules.files.mapping_file import KINDS
from calgui.core.rules.observatories.setup import as_it_is, clear_memos, crds_module
from calgui.core.rules.observatories.teaching import is_stock, teach

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_UNDEFINED = "UNDEFINED"
#: as the stock observatories have them
_PROVENANCE = ("DESCRIP", "PEDIGREE", "USEAFTER", "HISTORY", "AUTHOR")


def teach_tools(cache: "Cache", *, constraints_too: bool = True) -> None:
    """Bring crds in as its own tools know it, with the observatory of a cache taught; for a process of its own.

    Parameters
    ----------
    cache : Cache
        Whose observatory, instruments and types are taught. What crds has of a stock observatory is left alone.
    constraints_too : bool
        Whether `constraints` count, which crds itself does not have.

    Raises
    ------
    InputError
        For an observatory whose name is no plain word.
    CrdsUnavailable
        When Python runs optimised, or ``crds`` is not installed.
    """
    as_it_is()
    observatory = cache.observatory
    if is_stock(observatory.name):
        teach(observatory, ())
        return
    teach(observatory, observatory.instruments)
    package, locate = crds_module(observatory.name), crds_module(f"{observatory.name}.locate")
    kinds = sorted({kind.lower() for kind in observatory.types})
    package.FILEKINDS[:] = kinds
    package.TEXT_DESCR.update((kind, kind.upper()) for kind in kinds)
    package.PROVENANCE_KEYWORDS = _PROVENANCE
    package.USEAFTER_KEYWORDS = observatory.dates
    package.DEFAULT_SELECTORS = ("Match", "UseAfter")
    package.HERE = locate.HERE = _substitutions()
    package.TYPES = locate.TYPES = SimpleNamespace(
        filekind_to_suffix=lambda _instrument, kind: kind,
        suffix_to_filekind=lambda _instrument, suffix: suffix,
        get_row_keys_by_instrument=lambda _instrument: [],
        get_row_keys=lambda *_: [],
        get_item=lambda *_: (),
    )
    locate.INSTRUMENTS, locate.FILEKINDS = package.INSTRUMENTS, package.FILEKINDS
    policies = _Policies(cache, constraints_too)
    for name in dir(policies):
        if not name.startswith("_"):
            setattr(locate, name, getattr(policies, name))
    clear_memos()


def _substitutions() -> str:
    """A folder with the table of substitutions that crds evaluates when it inserts: empty, and ours."""
    folder = tempfile.mkdtemp(prefix="calgui-crds-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Path(folder, "substitutions.dat").write_text("{}\n")
    return folder


def constraints(observatory: str, kind: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What ``crds certify`` asks of the headers of references of a type, as data beside the observatory.

    Parameters
    ----------
    observatory : str
        Its name.
    kind : str
        Type of reference, in any case.

    Returns
    -------
    dict of str to (str, tuple of str)
        Keyword to presence (``R`` required, ``W`` warned of, ``O`` optional) and allowed values, any where there are
        none; empty for an observatory without such data.
    """
    if not observatory.isidentifier():
        return {}
    path = resources() / "observatories" / "constraints" / f"{observatory}.toml"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        table = tomllib.load(file)
    asked = {**table.get("ALL", {}), **table.get(kind.upper(), {})}
    return {keyword: (presence, tuple(values)) for keyword, (presence, *values) in asked.items()}


class _Policies:
    """The functions of ``crds.<observatory>.locate`` that tools call."""

    def __init__(self, cache: "Cache", constraints_too: bool) -> None:
        self._constraints_too = constraints_too
        self._cache, self._observatory, self._layout = cache, cache.observatory, cache.layout
        self._dates = cache.observatory.dates
        keywords = {row.parkey: row.keyword for row in cache.observatory.rows}
        self._pairs = [(keyword, parkey) for parkey, keyword in keywords.items()]

    def get_file_properties(self, filename: str) -> tuple[str, str]:
        """Instrument and type of a mapping or reference, lower case."""
        path = Path(filename)
        if path.suffix.lower() in KINDS:
            return self._of_mapping(path)
        return self._of_reference(path)

    def _of_mapping(self, path: Path) -> tuple[str, str]:
        from calgui.core.rules.files.mapping_file import LARGEST_MAPPING, decode, parse, read_safely

        try:
            place = path if path.parent != Path() and path.exists() else self._layout.mappings / path.name
            parsed = parse(decode(read_safely(place, place.resolve().parent, LARGEST_MAPPING)), path.name)
            return parsed.word("instrument"), parsed.word("filekind")
        except (CalguiError, UnicodeDecodeError):
            return self._by_name(path)

    def _of_reference(self, path: Path) -> tuple[str, str]:
        from calgui.core.frames.headers import rule_header

        try:
            found = path if path.exists() else self._cache.reference_path(path.name)
            header = {} if found is None else rule_header(found)
        except CalguiError:
            header = {}
        known = self._observatory.parkeys(header)
        kind = known.get("REFTYPE", known.get("META.REFTYPE", known.get("META.REF_TYPE", ""))).lower()
        instrument = known.get("META.INSTRUMENT.NAME", known.get("INSTRUME", "")).lower()
        by_name = self._by_name(path)
        kind = kind if kind.upper() in self._observatory.types else by_name[1]
        return instrument if instrument.upper() in self._observatory.instruments else by_name[0], kind

    def _by_name(self, path: Path) -> tuple[str, str]:
        """By the custom ``observatory_instrument_type_serial``."""
        parts = [*path.stem.lower().split("_"), "", ""]
        instrument = parts[1] if parts[1].upper() in self._observatory.instruments else ""
        return instrument, parts[2] if parts[2].upper() in self._observatory.types else ""

    def get_all_tpninfos(self, instrument: str, kind: str, field: str = "tpn") -> list[Any]:
        """Values that parameters may have, as the observatory's table lists them: for `certify`."""
        info = crds_module("core.generic_tpn").TpnInfo
        rows = [info(row.parkey, "H", "C", "O", tuple(row.allowed)) for row in self._observatory.rows if row.allowed]
        if field != "tpn" or not self._constraints_too:
            return rows
        asked = constraints(self._observatory.name, kind).items()
        return rows + [info(keyword, "H", "C", presence, values) for keyword, (presence, values) in asked]

    def get_extra_tpninfos(self, _path: str) -> list[Any]:
        """None."""
        return []

    def project_check(self, _path: str, _rmap: Any = None) -> None:
        """Nothing beyond what crds checks itself."""

    def header_to_reftypes(self, _header: Any, _context: Any = None) -> list[str]:
        """All of them."""
        return []

    def header_to_pipelines(self, _header: Any, _context: Any = None) -> list[str]:
        """None is known."""
        return []

    def reference_keys_to_dataset_keys(self, _rmap: Any, header: Mapping[str, Any]) -> dict[str, Any]:
        """A reference's header in the words of observations; what crds preset to UNDEFINED is absent."""
        given = {key: value for key, value in header.items() if str(value).strip().upper() != _UNDEFINED}
        made: dict[str, Any] = {**header, **self._observatory.parkeys(given)}
        useafter = next((str(value) for key, value in given.items() if key.upper() in _USEAFTER), None)
        if useafter is not None and self._dates:
            text = str(crds_module("core.timestamp").reformat_date(useafter))
            parts = text.split(" ", 1) if len(self._dates) > 1 else [text]
            made.update(zip(self._dates, parts, strict=False))
        return made

    def condition_matching_header(self, _rmap: Any, header: Mapping[str, Any]) -> Any:
        """As crds conditions any header."""
        return crds_module("core.utils").condition_header(header)

    def get_cross_strapped_pairs(self, _header: Any = None) -> list[tuple[str, str]]:
        """FITS keywords and the parkeys that they stand for."""
        return list(self._pairs)

    def filekind_to_keyword(self, kind: str) -> str:
        """The keyword that records which file was used."""
        return self._observatory.reference_keyword(kind) or kind.upper()

    def get_env_prefix(self, _instrument: str) -> str:
        """What stands before a name in a header."""
        return "crds://"

    def locate_file(self, name: str, mode: Any = None, parameters: Any = None) -> str:
        """Where a reference is in the cache, or would be."""
        found = self._cache.reference_path(Path(name).name)
        if found is not None:
            return str(found)
        instrument = self.get_file_properties(name)[0]
        return str(Path(self.locate_dir(instrument, mode)) / Path(name).name)

    def locate_dir(self, instrument: str, _mode: Any = None) -> str:
        """The folder of an instrument's references."""
        return str(_first(self._layout) / instrument)


_USEAFTER = frozenset({"USEAFTER", "META.USEAFTER"})


def _first(layout: Layout) -> Path:
    tops: Iterable[Path] = (top for top in layout.references if top.name == layout.folder)
    return next(iter(tops), layout.root / "references" / layout.folder)
