"""Questions about a whole cache: lint against reading its files, comparing two contexts against one matrix."""

import random
import tempfile
from pathlib import Path

from astropy.io import fits

from benchmarks.bench_rules import Maker
from benchmarks.harness import Row, compare
from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import checksum
from calgui.core.rules.lint.run import lint
from calgui.core.rules.questions.compare import changed_selections, compare_contexts
from calgui.core.rules.questions.matrix import matrix
from calgui.core.rules.selection.header import plan_for

_MAPPINGS, _REFERENCES = 150, 5_000
#: what lint may take beside the time of reading
_ALLOWED = 2.0


def measure() -> list[Row]:
    """Lint of a made cache, and the demo's contexts compared for 10,000 observations."""
    with tempfile.TemporaryDirectory() as folder:
        from calgui.core.simulate import make_demo

        night = make_demo(Path(folder) / "demo", size=128)
        return [_linting(Path(folder) / "large"), _comparing(Cache.open(night.cache))]


def _linting(folder: Path) -> Row:
    """Each time the cache is opened anew, so that nothing is known of it; both sides find the files in the system's
    cache."""
    _make_large(folder)
    names: list[str] = []

    def ours() -> None:
        report = lint(Cache.open(folder))
        assert report.mappings == _MAPPINGS
        assert report.references == _REFERENCES
        assert report.healthy, report.findings[:5]

    def theirs() -> None:
        """Reading them: crds loads the context with all its mappings, astropy the first header of every reference."""
        cache = Cache.open(folder)
        context = cache.load(cache.default_context or "")
        names[:] = context.reference_names()
        for path in sorted((folder / "references").rglob("*.fits")):
            fits.getheader(path)

    row = compare("", ours, "", theirs, 1.0, repeat=3)
    bound = row.theirs + _ALLOWED
    return Row(
        f"lint of {_MAPPINGS} mappings and {_REFERENCES:,} references",
        "reading them with crds and astropy, plus 2 s",
        row.ours,
        bound,
        row.ours / bound,
        1.0,
        "at most",
    )


def _comparing(cache: Cache) -> Row:
    plan = plan_for(cache, "tmt_0003.pmap", "IRIS")
    headers = Maker(cache, plan, random.Random(9)).run()
    names = [str(number) for number in range(len(headers))]
    return compare(
        f"comparing two contexts for {len(headers):,} observations",
        lambda: (
            compare_contexts(cache, "tmt_0001.pmap", cache, "tmt_0003.pmap"),
            changed_selections(cache, "tmt_0001.pmap", cache, "tmt_0003.pmap", headers),
        ),
        "one matrix of them",
        lambda: matrix(cache, "tmt_0003.pmap", headers, names),
        2.5,
    )


def _make_large(folder: Path) -> None:
    """A healthy cache of one instrument with very many types."""
    mappings, references = folder / "mappings" / "tmt", folder / "references" / "tmt" / "iris"
    for place in (mappings, references):
        place.mkdir(parents=True)
    kinds = [f"kind{number:03d}" for number in range(_MAPPINGS - 2)]
    shares = [_REFERENCES // len(kinds) + (number < _REFERENCES % len(kinds)) for number in range(len(kinds))]
    for kind, share in zip(kinds, shares, strict=True):
        rules: dict[str, list[str]] = {}
        for number in range(share):
            date = f"20{10 + number // 12:02d}-{number % 12 + 1:02d}-01 00:00:00"
            name = f"tmt_iris_{kind}_{number + 1:04d}.fits"
            rules.setdefault(f"('IRIS{number % 4 + 1}', 'F{number % 3}')", []).append(f"        '{date}' : '{name}',\n")
            header = fits.Header({"INSTRUME": "IRIS", "REFTYPE": kind.upper(), "USEAFTER": date.replace(" ", "T")})
            fits.PrimaryHDU(header=header).writeto(references / name)
        body = "".join(f"    {key} : UseAfter({{\n{''.join(lines)}    }}),\n" for key, lines in sorted(rules.items()))
        mode, date = "'META.INSTRUMENT.DETECTOR', 'META.INSTRUMENT.FILTER'", "'META.OBSERVATION.DATE'"
        parkey = f"(({mode}), ({date}, 'META.OBSERVATION.TIME'))"
        _write(
            mappings / f"tmt_iris_{kind}_0001.rmap",
            {"filekind": kind.upper(), "instrument": "IRIS", "mapping": "REFERENCE", "parkey": parkey},
            f"selector = Match({{\n{body}}})\n",
        )
    listed = "".join(f"    '{kind.upper()}' : 'tmt_iris_{kind}_0001.rmap',\n" for kind in kinds)
    _write(
        mappings / "tmt_iris_0001.imap",
        {"instrument": "IRIS", "mapping": "INSTRUMENT", "parkey": "('REFTYPE',)"},
        f"selector = {{\n{listed}}}\n",
    )
    _write(
        mappings / "tmt_0001.pmap",
        {"mapping": "PIPELINE", "parkey": "('META.INSTRUMENT.NAME',)"},
        "selector = {\n    'IRIS' : 'tmt_iris_0001.imap',\n}\n",
    )


def _write(path: Path, header: dict[str, str], selector: str) -> None:
    said = {"derived_from": "none", "name": path.name, "observatory": "TMT", "sha1sum": "0" * 40, **header}
    lines = "".join(
        f"    '{key}' : {value if value.startswith('(') else repr(value)},\n" for key, value in sorted(said.items())
    )
    text = f"header = {{\n{lines}}}\n\n{selector}"
    path.write_text(text.replace("0" * 40, checksum(text)))
