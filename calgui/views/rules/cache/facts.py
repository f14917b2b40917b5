"""What is to be said of one node of the cache, gathered in the background as plain values."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.errors import CalguiError
from calgui.core.rules.deepcheck.checking import badges
from calgui.core.rules.values import Finding, MappingInfo, Node, Trust
from calgui.views.rules.marks import TRUSTS, Mark

if TYPE_CHECKING:
    from calgui.core.frames.headers import HduHeader
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.deepcheck.truststore import TrustStore

GOOD, BAD, UNKNOWN = (
    Mark("✓", "holds", "good", "good_fill", ""),
    Mark("≠", "does not hold", "error", "error_fill", ""),
    Mark("?", "not stated", "muted", "neutral_fill", ""),
)


@dataclass(frozen=True)
class Fact:
    """One line of what is known.

    Attributes
    ----------
    name, text : str
        What, and its value.
    mark : Mark or None
        How good that is.
    link : str or None
        Name of the mapping that it leads to.
    """

    name: str
    text: str
    mark: Mark | None = None
    link: str | None = None


@dataclass(frozen=True)
class Facts:
    """All that is shown of one node.

    Attributes
    ----------
    mapping : MappingInfo or None
        Whose text is shown.
    lines : tuple of Fact
        In the order shown.
    findings : tuple of Finding
        Of the node and of the file it stands for.
    path : pathlib.Path or None
        Where the file is.
    hdus : tuple of HduHeader
        The reference's own header.
    problem : str or None
        Why something could not be shown.
    showable : bool
        Whether the reference can be opened in the picture.
    """

    mapping: MappingInfo | None
    lines: tuple[Fact, ...]
    findings: tuple[Finding, ...]
    path: Path | None = None
    hdus: tuple["HduHeader", ...] = ()
    problem: str | None = None
    showable: bool = False


def is_mapping(name: str | None) -> bool:
    """Whether a file name is that of a mapping."""
    return name is not None and name.endswith((".pmap", ".imap", ".rmap"))


def gather(cache: "Cache", context: str | None, node: Node, store: "TrustStore | None" = None) -> Facts:
    """Gather what is known of a node.

    Parameters
    ----------
    cache : Cache
        Which holds it.
    context : str or None
        From which the cache is seen.
    node : Node
        Of the tree.
    store : TrustStore, optional
        What earlier checks of references found.

    Returns
    -------
    Facts
    """
    if node.kind == "cache":
        return Facts(None, _cache_facts(cache, context), node.findings, cache.path)
    if node.kind == "unreached":
        text = "Mappings and references of the cache that no mapping of this context names."
        return Facts(None, (Fact("What", text), Fact("Files", counted(node))), node.findings)
    text_of = node.file if is_mapping(node.file) else node.mapping
    mapping, problem = _mapping(cache, text_of)
    if node.file is not None and not is_mapping(node.file):
        return _reference(cache, node, mapping, store)
    lines = _mapping_facts(cache, mapping) if mapping is not None and (is_mapping(node.file)) else ()
    if lines and node.children:
        lines = (*lines[:-1], Fact("Reaches", counted(node)), lines[-1])
    if mapping is not None and not lines:
        place = Fact("In", f"{mapping.name}, line {node.line}" if node.line else mapping.name, link=mapping.name)
        lines = (place, *_asked(cache, mapping, node))
    shared = mapping.findings if mapping is not None and is_mapping(node.file) else ()
    findings = tuple(dict.fromkeys((*node.findings, *shared)))
    return Facts(mapping, lines, findings, mapping.path if mapping is not None else None, problem=problem)


def _mapping(cache: "Cache", name: str | None) -> tuple[MappingInfo | None, str | None]:
    if name is None:
        return None, None
    try:
        return cache.mapping_info(name), None
    except CalguiError as error:
        return None, f"{error.message} {error.cure}".strip()


def _cache_facts(cache: "Cache", context: str | None) -> tuple[Fact, ...]:
    stated = cache.stated_context
    wrong = stated is not None and stated not in cache.contexts
    return (
        Fact("Folder", str(cache.path)),
        Fact("Observatory", cache.observatory.title or cache.observatory.name),
        Fact("Contexts", ", ".join(cache.contexts) or "none"),
        Fact("Shown", context or "none"),
        Fact("Operational", stated or "not stated", BAD if wrong else None),
        Fact("Mappings", f"{len(cache.mappings):,}"),
    )


def counted(node: Node) -> str:
    """How many mappings and references a branch holds, each counted once.

    Parameters
    ----------
    node : Node
        The branch; a mapping that it stands for counts too.

    Returns
    -------
    str
        ``7 mappings, 5 references``.
    """
    names: set[str] = set()
    branches = [node]
    while branches:
        branch = branches.pop()
        branches += branch.children
        if branch.file is not None:
            names.add(branch.file)
    mappings = sum(is_mapping(name) for name in names)
    counts = ((mappings, "mapping"), (len(names) - mappings, "reference"))
    return ", ".join(f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts)


def _asked(cache: "Cache", info: MappingInfo, node: Node) -> tuple[Fact, ...]:
    """What a rule asks for, parameter by parameter."""
    parkey, values = info.header.get("parkey"), node.label.split(", ")
    names = parkey[0] if isinstance(parkey, tuple) and parkey and isinstance(parkey[0], tuple) else ()
    if node.kind != "rule" or len(names) != len(values):
        return ()
    keyword = cache.observatory.keyword_of
    return tuple(Fact(keyword(str(name)) or str(name), value) for name, value in zip(names, values, strict=True))


def _mapping_facts(cache: "Cache", info: MappingInfo) -> tuple[Fact, ...]:
    header = info.header
    derived = str(header.get("derived_from") or "").strip()
    leads = derived if cache.mapping_path(derived) is not None else None
    lines = [Fact("Derived from", derived or "nothing stated", link=leads)]
    if header.get("description"):
        lines.append(Fact("Description", " ".join(str(header["description"]).split())))
    lines.append(_checksum(info))
    parkey = header.get("parkey")
    if parkey:
        lines.append(Fact("Looks at", "  then  ".join(_keys(parkey))))
    lines.append(Fact("Path", str(info.path)))
    return tuple(lines)


def _keys(parkey: object) -> list[str]:
    if isinstance(parkey, tuple | list):
        if all(isinstance(part, str) for part in parkey):
            return [", ".join(parkey)]
        return [", ".join(part) if isinstance(part, tuple | list) else str(part) for part in parkey]
    return [str(parkey)]


def _checksum(info: MappingInfo) -> Fact:
    if info.sha1_stated is None:
        return Fact("Checksum", f"none is stated; the text's is {info.sha1_actual}", UNKNOWN)
    if info.sha1_stated == info.sha1_actual:
        return Fact("Checksum", f"holds: {info.sha1_stated}", GOOD)
    return Fact("Checksum", f"does not hold: stated {info.sha1_stated}, the text's is {info.sha1_actual}", BAD)


def _reference(cache: "Cache", node: Node, mapping: MappingInfo | None, store: "TrustStore | None") -> Facts:
    assert node.file is not None
    badge = badges(cache, [node.file], store)[node.file] if store is not None else None
    if badge is not None:
        cache.remember(node.file, badge.verdict)
    verdict, path = cache.verdict(node.file), cache.reference_path(node.file)
    mark = TRUSTS[verdict.trust]
    lines = [Fact("File", verdict.reason or mark.meaning, mark)]
    if verdict.real_size is not None:
        lines.append(Fact("Size", f"{bytes_text(verdict.real_size)} promised; here {bytes_text(verdict.size or 0)}"))
    elif verdict.size is not None:
        lines.append(Fact("Size", bytes_text(verdict.size)))
    if badge is not None:
        opens = {True: ", it opens", False: ", it does not open", None: ""}[badge.opens]
        lines.append(Fact("Checked", f"{badge.checked:%Y-%m-%d %H:%M} UTC{opens}", mark))
        if badge.sha1 is not None:
            lines.append(Fact("SHA-1", badge.sha1))
    elif path is not None and store is not None:
        lines.append(Fact("Checked", "not yet, or changed since", UNKNOWN))
    if path is not None:
        lines.append(Fact("Path", str(path)))
        changed = _when(path)
        if changed:
            lines.append(Fact("Changed", changed))
    if mapping is not None:
        place = f"{mapping.name}, line {node.line}" if node.line else mapping.name
        lines.append(Fact("Named in", place, link=mapping.name))
    hdus, problem = (), None
    showable = path is not None and verdict.trust in (Trust.OK, Trust.UNCHECKED, Trust.CHECKSUM_MISMATCH)
    if showable and path is not None:
        hdus, problem = _read(path)
    return Facts(mapping, tuple(lines), node.findings, path, hdus, problem, showable)


def _read(path: Path) -> tuple[tuple["HduHeader", ...], str | None]:
    from calgui.core.frames.headers import read_headers

    try:
        return read_headers(path), None
    except CalguiError as error:
        return (), f"{error.message} {error.cure}".strip()


def _when(path: Path) -> str:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except OSError:
        return ""


def bytes_text(count: int) -> str:
    """A size as a person reads it.

    Parameters
    ----------
    count : int
        Bytes.

    Returns
    -------
    str
        ``134 bytes``, ``67.1 MB``.
    """
    if count < 10_000:
        return f"{count:,} bytes"
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} TB"
