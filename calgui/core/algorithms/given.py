"""The references that a run was given, and why others are not among them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from calgui.core.frames.frame import FrameLike


@dataclass(frozen=True)
class Missing:
    """Why a reference is not there.

    Attributes
    ----------
    reason : str
        A sentence, and its cure.
    applies : bool
        Whether one should be: False where by the rules none applies to the input.
    """

    reason: str
    applies: bool = True


@dataclass(frozen=True)
class References(Mapping[str, FrameLike]):
    """References by type, with what is known of those that are not there.

    Attributes
    ----------
    frames : mapping of str to FrameLike
        By type in upper case.
    missing : mapping of str to Missing
        Of types that were asked for.
    by_hand : frozenset of str
        Types whose file a person chose; rules selected the others.
    """

    frames: Mapping[str, FrameLike] = field(default_factory=dict)
    missing: Mapping[str, Missing] = field(default_factory=dict)
    by_hand: frozenset[str] = frozenset()

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
