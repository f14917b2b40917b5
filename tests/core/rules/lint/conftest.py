"""A small healthy cache, and a way to damage it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from astropy.io import fits

from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import checksum
from calgui.core.rules.lint.report import LintReport
from calgui.core.rules.lint.run import lint

Rules = dict[tuple[str, ...], dict[str, str]]

PARKEY = "(('META.INSTRUMENT.DETECTOR', 'META.INSTRUMENT.FILTER'), ('META.OBSERVATION.DATE', 'META.OBSERVATION.TIME'))"


@dataclass
class Small:
    """A cache of two types; `write` puts it on the disk with right checksums.

    Attributes
    ----------
    folder : pathlib.Path
        Of the cache.
    rules : dict of str to Rules
        Type to rules: key to dates to files.
    headers : dict of str to dict
        Mapping to entries of its header that are otherwise than usual.
    references : dict of str to dict
        Reference to its header; None for one that is not there.
    """

    folder: Path
    rules: dict[str, Rules] = field(
        default_factory=lambda: {
            "dark": {
                ("IRIS1", "K"): {
                    "2020-01-01 00:00:00": "tmt_iris_dark_0001.fits",
                    "2024-01-01 00:00:00": "tmt_iris_dark_0002.fits",
                },
                ("IRIS2", "K"): {"2020-01-01 00:00:00": "tmt_iris_dark_0003.fits"},
            },
            "flat": {("IRIS1", "J"): {"2020-01-01 00:00:00": "tmt_iris_flat_0001.fits"}},
        }
    )
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    references: dict[str, dict[str, str] | None] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def mappings(self) -> Path:
        """Folder of the mappings."""
        return self.folder / "mappings" / "tmt"

    @property
    def files(self) -> Path:
        """Folder of the references."""
        return self.folder / "references" / "tmt" / "iris"

    def write(self) -> "Small":
        """Write everything."""
        for place in (self.mappings, self.files):
            place.mkdir(parents=True, exist_ok=True)
        for kind, rules in self.rules.items():
            body = "".join(
                f"    {key!r} : UseAfter({{\n"
                + "".join(f"        {date!r} : {file!r},\n" for date, file in dates.items())
                + "    }),\n"
                for key, dates in rules.items()
            )
            head = {"filekind": kind.upper(), "instrument": "IRIS", "mapping": "REFERENCE", "parkey": PARKEY}
            self._mapping(f"tmt_iris_{kind}_0001.rmap", head, f"selector = Match({{\n{body}}})\n")
            for dates in rules.values():
                for date, file in dates.items():
                    self._reference(file, kind, date)
        listed = "".join(f"    {kind.upper()!r} : 'tmt_iris_{kind}_0001.rmap',\n" for kind in self.rules)
        head = {"instrument": "IRIS", "mapping": "INSTRUMENT", "parkey": "('REFTYPE',)"}
        self._mapping("tmt_iris_0001.imap", head, f"selector = {{\n{listed}}}\n")
        head = {"mapping": "PIPELINE", "parkey": "('META.INSTRUMENT.NAME',)"}
        self._mapping("tmt_0001.pmap", head, "selector = {\n    'IRIS' : 'tmt_iris_0001.imap',\n}\n")
        return self

    def _mapping(self, name: str, head: dict[str, str], selector: str) -> None:
        if name in self.texts:
            (self.mappings / name).write_text(self.texts[name], encoding="latin-1")
            return
        plain = {"derived_from": "", "name": name, "observatory": "TMT", "sha1sum": "0" * 40}
        said = {**plain, **head, **self.headers.get(name, {})}
        lines = "".join(
            f"    {key!r} : {value if value.startswith('(') else repr(value)},\n" for key, value in sorted(said.items())
        )
        text = f"header = {{\n{lines}}}\n\n{selector}"
        (self.mappings / name).write_text(text.replace("0" * 40, checksum(text)))

    def _reference(self, name: str, kind: str, date: str) -> None:
        header = {"INSTRUME": "IRIS", "REFTYPE": kind.upper(), "USEAFTER": date.replace(" ", "T")}
        told = self.references.get(name, {})
        if told is not None and "/" not in name:
            fits.PrimaryHDU(header=fits.Header({**header, **told})).writeto(self.files / name, overwrite=True)

    def lint(self) -> LintReport:
        """What is found now."""
        return lint(Cache.open(self.folder))


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """Not written yet."""
    return Small(tmp_path / "cache")


@pytest.fixture
def codes() -> Callable[[LintReport], set[str]]:
    """The checks that found something."""
    return lambda report: {finding.code for finding in report.findings}


@pytest.fixture(scope="session")
def make_small() -> Callable[[Path], Small]:
    """Makes a small cache in a folder; not written yet."""
    return Small
