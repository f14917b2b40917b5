"""Sentences about spectra, of which there may be thousands."""

from collections.abc import Iterator, Mapping


class Sentences(Mapping[int, str]):
    """Sentences by spectrum that are made when somebody asks: there may be thousands.

    Parameters
    ----------
    codes : mapping of int to tuple
        What to fill a sentence with.
    texts : tuple of str
        Sentences; the first of each tuple says which.
    """

    def __init__(self, codes: Mapping[int, tuple[object, ...]], texts: tuple[str, ...]) -> None:
        self._codes, self._texts = codes, texts

    def __getitem__(self, spectrum: int) -> str:
        which, *values = self._codes[spectrum]
        return self._texts[which].format(*values)  # type: ignore[call-overload,no-any-return]

    def __iter__(self) -> Iterator[int]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)
