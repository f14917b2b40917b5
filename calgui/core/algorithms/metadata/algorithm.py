"""``check-metadata``: the six metadata calibrations of the headers that are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.metadata.corrector import check_corrector
from calgui.core.algorithms.metadata.entries import Entry, check_entry, clean
from calgui.core.algorithms.metadata.facts import Expected, of_calibration
from calgui.core.algorithms.metadata.limits import Contradiction
from calgui.core.algorithms.metadata.night import check_together, trends
from calgui.core.algorithms.metadata.pointing import check_pointing
from calgui.core.algorithms.metadata.setting import check_setting
from calgui.core.algorithms.metadata.timing import check_timing
from calgui.core.algorithms.options import option
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Table, Verdict
from calgui.core.frames.frame import FrameLike
from calgui.core.frames.keywordmeaning import meaning_of
from calgui.core.jobs import Job

_ORDER: Mapping[str | None, int] = {None: 0, "good": 1, "doubtful": 2, "bad": 3}


@dataclass(frozen=True)
class MetadataConfig:
    """Options of ``check-metadata``."""

    calibration: Literal["all", "adc", "environment", "instrument", "nfiraos", "psfmeta", "telescope"] = option(
        "all", "Which calibration's keywords are looked at."
    )
    list_absent: bool = option(False, "Whether keywords that are absent, and need not be there, are listed too.")


@dataclass(frozen=True)
class Checked:
    """What is said of one header.

    Attributes
    ----------
    name : str
        Of its file.
    entries : tuple of Entry
        One for each keyword of the calibrations.
    contradictions : tuple of Contradiction
        Among them.
    """

    name: str
    entries: tuple[Entry, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        said = [entry.verdict for entry in self.entries if entry.verdict is not None]
        return worst_of([*said, *(one.verdict for one in self.contradictions)])


def worst_of(verdicts: Sequence[Verdict]) -> Verdict:
    """The worst of some verdicts; good of none."""
    found: Verdict = max(verdicts, key=_ORDER.__getitem__, default="good")
    return found


def check_header(
    header: Mapping[str, Any],
    name: str,
    calibration: str = "all",
    shape: tuple[int, ...] = (),
    instead: Mapping[str, Expected] | None = None,
) -> Checked:
    """Look at the metadata of one file.

    Parameters
    ----------
    header : mapping
        Keywords.
    name : str
        Of the file, for messages.
    calibration : str
        Key of the catalogue's row, or ``all``.
    shape : tuple of int
        Of its data, numpy order; empty where there are none.
    instead : mapping of str to Expected, optional
        What is expected of some keywords instead of the table's.

    Returns
    -------
    Checked
    """
    rows = [(instead or {}).get(row.keyword, row) for row in of_calibration(calibration)]
    entries = tuple(check_entry(row, header) for row in rows)
    wanted = {row.keyword for row in rows}
    shape = () if shape == (0,) else shape
    found = [
        *check_pointing(header),
        *check_timing(header, shape),
        *check_setting(header),
        *check_corrector(header),
    ]
    # of one calibration alone those count in which one of its keywords takes part
    return Checked(
        name, entries, tuple(one for one in found if calibration == "all" or wanted.intersection(one.keywords))
    )


def check_metadata(
    frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: MetadataConfig, job: Job
) -> Result:
    """Look at the metadata of exposures: each keyword, whether they fit together, how they run over the night.

    Parameters
    ----------
    frames : sequence of FrameLike
        Anything with a header; no pixel is read.
    references : mapping
        None.
    config : MetadataConfig
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
        Without a product. One metric for each keyword that is there or needed, with a verdict; of several files that of
        the worst.
    """
    checked: list[Checked] = []
    names = [clean(file_name(frame)) for frame in frames]
    for index, frame in enumerate(frames):
        job.report(index / len(frames), "Looking at headers")
        checked.append(check_header(frame.header, names[index], config.calibration, tuple(frame.shape)))
    rows = of_calibration(config.calibration)
    headers = [frame.header for frame in frames]
    together = check_together(headers, names) if config.calibration in ("all", "telescope") else []
    verdicts = [one.verdict for one in checked] + [one.verdict for one in together]
    job.report(1.0, "Looked at")
    return Result(
        None,
        _metrics(checked),
        worst_of(verdicts),
        _reasons(checked, together),
        trends(headers, rows) if len(frames) > 1 else (),
        tuple(_tables(checked, together, rows, config.list_absent)),
    )


def _worst(checked: Sequence[Checked], place: int) -> tuple[Entry, str]:
    """The worst of one keyword in all files; the first of equals."""
    found = max(checked, key=lambda one: _ORDER[one.entries[place].verdict])
    return found.entries[place], found.name


def _metrics(checked: Sequence[Checked]) -> dict[str, Metric]:
    made: dict[str, Metric] = {}
    for place in range(len(checked[0].entries)):
        entry, name = _worst(checked, place)
        if entry.verdict is None:
            continue
        known = meaning_of(entry.keyword)
        told = [
            known.text if known else "",
            f"allowed: {entry.allowed}" if entry.allowed else "",
            f"from {entry.system}",
        ]
        if len(checked) > 1:
            told.append(f"of {name}, the worst of {len(checked)} files" if entry.verdict != "good" else f"of {name}")
        value = ("T" if entry.value else "F") if isinstance(entry.value, bool) else entry.value
        made[entry.keyword] = Metric(value, entry.unit, "; ".join(filter(None, told)) + ".", entry.verdict)
    return made


def _reasons(checked: Sequence[Checked], together: Sequence[Contradiction]) -> tuple[str, ...]:
    found: list[tuple[int, str]] = []
    for one in checked:
        before = f"{one.name}: " if len(checked) > 1 else ""
        found += [(-_ORDER[entry.verdict], f"{before}{entry.reason}") for entry in one.entries if entry.reason]
        found += [(-_ORDER[each.verdict], f"{before}{each.text}") for each in one.contradictions]
    found += [(-_ORDER[each.verdict], each.text) for each in together]
    return tuple(text for _, text in sorted(found, key=lambda one: one[0]))


def _tables(
    checked: Sequence[Checked], together: Sequence[Contradiction], rows: Sequence[Expected], absent: bool
) -> list[Table]:
    lines: list[tuple[Any, ...]] = []
    flagged: list[int] = []
    for place, row in enumerate(rows):
        entry, name = _worst(checked, place)
        if entry.verdict is None and not absent:
            continue
        if entry.verdict in ("doubtful", "bad"):
            flagged.append(len(lines))
        line: tuple[Any, ...] = (
            entry.keyword, row.calibration, entry.value, entry.unit, entry.allowed, entry.system,
            entry.verdict or "not given",
        )  # fmt: skip
        lines.append((*line, name) if len(checked) > 1 else line)
    columns = ("Keyword", "Calibration", "Value", "Unit", "Allowed", "From", "Verdict")
    made = [Table("Keywords", (*columns, "File") if len(checked) > 1 else columns, tuple(lines), tuple(flagged))]
    against = [
        (one.rule, ", ".join(one.keywords), one.number, one.threshold, one.unit, one.verdict, name)
        for name, found in [*((each.name, each.contradictions) for each in checked), ("several", tuple(together))]
        for one in found
    ]
    if against:
        columns = ("Rule", "Keywords", "Number", "Threshold", "Unit", "Verdict", "File")
        made.append(Table("Contradictions", columns, tuple(against), tuple(range(len(against)))))
    return made


CHECK_METADATA = Algorithm(
    name="check-metadata",
    title="Check metadata",
    summary=(
        "Judges each keyword of the metadata calibrations, and whether they fit together; shows them over the night."
    ),
    inputs="one or more files, of which headers are read",
    config=MetadataConfig,
    run=check_metadata,
    takes=("image", "ramp", "cube", "spectrum", "header"),
    makes_file=False,
    previewable=False,
    source="Telemetry and FITS keyword table of IRIS; Young 1994 (airmass); Meeus 1998 (angles); Roddier 1981",
)
