"""A cache as it would be with a proposal, in memory: everything that asks a cache can ask it."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.rules.cache import Cache
from calgui.core.rules.files.contents import _serial
from calgui.core.rules.files.references import References
from calgui.core.rules.files.texts import MappingTexts
from calgui.core.rules.files.trust import Verdict
from calgui.core.rules.observatories.setup import forget_memos

if TYPE_CHECKING:
    from calgui.core.rules.ingest.values import Proposal


class _Texts(MappingTexts):
    """The mappings of a cache, and new ones."""

    def __init__(self, base: MappingTexts, new: dict[str, str]) -> None:
        self._layout = base._layout
        self._lock = threading.RLock()
        self._parsed = {name: found for name, found in base._parsed.items() if name not in new}
        self._new = new
        self.names = tuple(sorted({*base.names, *new}))
        self._known = frozenset(self.names)

    def raw(self, name: str) -> bytes:
        text = self._new.get(name)
        return super().raw(name) if text is None else text.encode()


class _References(References):
    """The references of a cache, and new ones where they are now."""

    def __init__(self, base: References, new: dict[str, Path]) -> None:
        super().__init__(base._layout)
        self._verdicts = dict(base._verdicts)
        self._new = new

    def _find(self, name: str) -> Path | Verdict:
        found = self._new.get(name)
        return super()._find(name) if found is None else found


class ProposedCache(Cache):
    """A cache with the mappings and references of a proposal. Nothing of it is on the disk.

    Parameters
    ----------
    base : Cache
        The cache that the proposal was made for; what it has read and loaded serves here too.
    proposal : Proposal
    """

    def __init__(self, base: Cache, proposal: "Proposal") -> None:
        self._base, self._proposal = base, proposal
        super().__init__(base.layout, proposal.new_context)

    def close(self) -> None:
        """Free what is new; the cache that it is made of stays as it is."""
        with self._lock:
            forget_memos(found for name, found in self._loaded.items() if name in self._proposal.texts)
            self._loaded = {}

    def _read(self) -> None:
        base, proposal = self._base, self._proposal
        self._forget()
        self._state = base._state
        new = proposal.texts
        # rules stand for themselves; contexts and instruments lead further and are loaded anew where they are new
        self._loaded = {name: found for name, found in base._loaded.items() if name not in new}
        self._files = _References(base._files, {rule.source.name: rule.source.path for rule in proposal.rules})
        self.texts = _Texts(base.texts, new)
        self.mappings = self.texts.names
        self.contexts = tuple(sorted((name for name in self.mappings if name.endswith(".pmap")), key=_serial))
        self.server_config = base.server_config
        self.stated_context = proposal.new_context
        self.default_context = proposal.new_context
        kinds = {rule.type.upper() for rule in proposal.rules} - set(base.observatory.types)
        self.observatory = base.observatory.with_found((), kinds) if kinds else base.observatory
