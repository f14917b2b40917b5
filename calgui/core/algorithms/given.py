"""The references that a run was given, and why others are not among them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from calgui.core.frames.frame import FrameLike


@dataclass(frozen=True)
class References(Mapping[str, FrameLike]):
    """References by type, with what is known of those that are not there.

    Attributes
    ----------
    frames : mapping of str to FrameLike
        By type in upper case.
    missing : mapping of str to str
        Type to why there is none that can be used: a sentence and its cure. Types that nobody asked for are not in it.
    by_hand : frozenset of str
        Types whose file a person chose; rules selected the others.
    not_applicable : frozenset of str
        Those of the missing that do not apply to the input: nothing is wrong with that.
    """

    frames: Mapping[str, FrameLike] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    by_hand: frozenset[str] = frozenset()
    not_applicable: frozenset[str] = frozenset()

    @classmethod
    def of(cls, references: Mapping[str, FrameLike]) -> "References":
        """The same of a plain mapping, of which nothing else is known.

        Parameters
        ----------
        references : mapping of str to FrameLike
            Perhaps these already.

        Returns
        -------
        References
            Those of a plain mapping count as chosen by hand.
        """
        return references if isinstance(references, References) else cls(references, {}, frozenset(references))

    def __getitem__(self, kind: str) -> FrameLike:
        return self.frames[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)
