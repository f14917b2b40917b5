"""The marks of the picture that is shown, as a value: their counts, words and values. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.positions import Position, format_positions, meant, parse_positions
from calgui.core.errors import UsageError

Places = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

#: how long arrows are: as a part of the way to the next mark, and of the picture's side; pixels without either
_TO_THE_NEXT, _OF_THE_PICTURE, _REACH = 0.7, 0.25, 70.0
#: values of which the lowest are the worst: the beginnings of their names
_HIGH_IS_GOOD = ("strehl", "flux", "s/n", "signal", "peak", "quality")


@dataclass(frozen=True)
class Shown:
    """Marks on one picture; indices are those of `marks`.

    Attributes
    ----------
    marks : Marks
        All of a result.
    number : int
        Of the input whose picture is shown, from 1; 0 for the product.
    side: float
        Shorter side of that picture, pixels; infinite where it is not known.
    """

    marks: Marks
    number: int
    side: float = float("inf")

    @cached_property
    def index(self) -> Numbers:
        """Which of the marks are on this picture."""
        return np.flatnonzero(np.asarray(self.marks.number) == self.number)

    @cached_property
    def state(self) -> Numbers:
        """Of every mark; -1 for those that are not on this picture."""
        state = np.full(len(self.marks.x), -1, np.int64)
        state[self.index] = np.asarray(self.marks.state)[self.index]
        return state

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Marks of each state on this picture."""
        there = self.state[self.state >= 0]
        return tuple(np.bincount(there, minlength=len(self.marks.states)).tolist())

    @cached_property
    def totals(self) -> tuple[int, ...]:
        """Marks of each state on all pictures."""
        return tuple(np.bincount(np.asarray(self.marks.state), minlength=len(self.marks.states)).tolist())

    @cached_property
    def spacing(self) -> float:
        """Pixels from a mark to the next, the median of this picture; infinite for fewer than two."""
        from scipy.spatial import cKDTree

        x, y = np.asarray(self.marks.x)[self.index], np.asarray(self.marks.y)[self.index]
        there = np.isfinite(x) & np.isfinite(y)
        if there.sum() < 2:
            return float("inf")
        places = np.column_stack((x[there], y[there]))
        return float(np.median(cKDTree(places).query(places, k=2)[0][:, 1]))

    @cached_property
    def reach(self) -> float:
        """Pixels that a usual arrow has: most of the way to the next mark, at most a quarter of the picture."""
        reach = min(_TO_THE_NEXT * self.spacing, _OF_THE_PICTURE * self.side)
        return reach if np.isfinite(reach) else _REACH

    @cached_property
    def lengths(self) -> Places | None:
        """Length of the vector of every mark, pixels."""
        return None if self.marks.vectors is None else np.hypot(*self.marks.vectors)

    @cached_property
    def values(self) -> Mapping[str, Places]:
        """What was measured of every mark, with the lengths of their vectors."""
        made = {name: np.asarray(value, float) for name, value in self.marks.values.items()}
        if self.lengths is not None and not any(np.array_equal(self.lengths, one, True) for one in made.values()):
            made.setdefault(f"{self.marks.vectors_name or 'vector'}, length (pixel)", self.lengths)
        return made

    def counted(self, count: int) -> str:
        """Some of them, in words: ``1 star``, ``2,500 pinholes``."""
        return f"{count:,} {self.one if count == 1 else self.marks.name}"

    @property
    def one(self) -> str:
        """What each is, in the singular."""
        return self.marks.name.removesuffix("s")

    def nearest(self, x: float, y: float, within: float, hidden: frozenset[str] = frozenset()) -> int | None:
        """The mark at a place.

        Parameters
        ----------
        x, y : float
            Pixels of the picture.
        within : float
            How far off it may lie.
        hidden : frozenset of str
            States that are not seen.

        Returns
        -------
        int or None
        """
        marks = self.marks
        apart = np.hypot(np.asarray(marks.x) - x, np.asarray(marks.y) - y)
        gone = [number for number, name in enumerate(marks.states) if name in hidden]
        apart[(self.state < 0) | np.isin(self.state, gone) | ~np.isfinite(apart)] = np.inf
        return int(apart.argmin()) if apart.size and apart.min() <= within else None

    def title(self, index: int) -> str:
        """What a mark is, in a few words: ``pinhole 12, -3``."""
        label = self.marks.label[index] if self.marks.label else ""
        return f"{self.one} {label}" if label else self.one

    def lines(self, index: int) -> list[str]:
        """All that is known of a mark, for people.

        Parameters
        ----------
        index : int
            Of the mark.

        Returns
        -------
        list of str
        """
        marks = self.marks
        made = [f"{self.title(index)}: {marks.states[int(marks.state[index])]}"]
        made.append(f"x {marks.x[index]:.2f}, y {marks.y[index]:.2f}")
        if marks.vectors is not None and np.isfinite(marks.vectors[0][index]):
            dx, dy = (float(part[index]) for part in marks.vectors)
            made.append(f"{marks.vectors_name or 'vector'} {dx:+.4f}, {dy:+.4f} pixel")
        for name, value in marks.values.items():
            if np.isfinite(value[index]):
                made.append(f"{name}: {float(value[index]):.5g}")
        return made

    def worst_first(self, name: str, hidden: frozenset[str] = frozenset()) -> Numbers:
        """Marks of this picture sorted by a value; those without it are left out.

        Parameters
        ----------
        name : str
            One of `values`.
        hidden : frozenset of str
            States that are left out.

        Returns
        -------
        ndarray of int
        """
        value = self.values[name]
        gone = [number for number, state in enumerate(self.marks.states) if state in hidden]
        which = self.index[np.isfinite(value[self.index]) & ~np.isin(self.state[self.index], gone)]
        order = np.argsort(np.abs(value[which]) if self.signed(name) else value[which], kind="stable")
        return which[order if high_is_good(name) else order[::-1]]

    def signed(self, name: str) -> bool:
        """Whether a value lies on both sides of zero, so that the farthest from it are the worst.

        Parameters
        ----------
        name : str
            One of `values`.

        Returns
        -------
        bool
        """
        there = self.values[name][self.index]
        there = there[np.isfinite(there)]
        return bool(there.size) and bool(there.min() < 0 < there.max())

    def first_words(self, name: str) -> str:
        """Which marks come first where they are sorted by a value.

        Parameters
        ----------
        name : str
            One of `values`.

        Returns
        -------
        str
            Such as ``the highest first``.
        """
        end = "lowest" if high_is_good(name) else "farthest from zero" if self.signed(name) else "highest"
        return f"the {end} first"

    def find_again(self, before: "Shown | None", index: int | None) -> int | None:
        """The mark that was at the same place before.

        Parameters
        ----------
        before : Shown or None
            Of the result before.
        index : int or None
            A mark of it.

        Returns
        -------
        int or None
        """
        if before is None or index is None or index >= len(before.marks.x) or before.number != self.number:
            return None
        return self.nearest(float(before.marks.x[index]), float(before.marks.y[index]), 0.5)

    # -- what a click does --------------------------------------------------------------------------------------------

    def toggled(self, index: int, options: Mapping[str, object]) -> dict[str, str]:
        """The option that a click on a mark changes, with its new text.

        Parameters
        ----------
        index : int
            Of the mark.
        options : mapping of str to object
            As they are.

        Returns
        -------
        dict of str to str
            Empty where a click changes nothing.
        """
        return self.toggled_all((index,), options)

    def toggled_all(self, indices: tuple[int, ...], options: Mapping[str, object]) -> dict[str, str]:
        """The same for several marks at once.

        Parameters
        ----------
        indices : tuple of int
            Of the marks.
        options : mapping of str to object
            As they are.

        Returns
        -------
        dict of str to str
        """
        marks = self.marks
        made: dict[str, str] = {}
        arrays = np.asarray(marks.x), np.asarray(marks.y), np.asarray(marks.number)
        for index in indices:
            now = {**options, **made}
            added = _places(now, marks.adds)
            own = meant(added, index, *arrays)
            if own:
                made[marks.adds] = format_positions([place for at, place in enumerate(added) if at not in own])
            elif marks.toggles:
                places = _places(now, marks.toggles)
                own = meant(places, index, *arrays)
                kept = [place for at, place in enumerate(places) if at not in own]
                if not own:
                    kept.append(Position(float(marks.x[index]), float(marks.y[index]), int(marks.number[index]) or 1))
                made[marks.toggles] = format_positions(kept)
        return made

    def added(self, x: float, y: float, options: Mapping[str, object]) -> dict[str, str]:
        """The option that a click where no mark is changes, with its new text.

        Parameters
        ----------
        x, y : float
            Pixels of the picture.
        options : mapping of str to object
            As they are.

        Returns
        -------
        dict of str to str
            Empty where a click changes nothing.
        """
        name = self.marks.adds
        if not name:
            return {}
        return {name: format_positions([*_places(options, name), Position(x, y, self.number or 1)])}


def with_lines(marks: Marks) -> Marks:
    """Nodes of a straight grid with lines through them.

    Parameters
    ----------
    marks : Marks
        Named ``grid``, with arrows from each node of the product to where it was seen; any others are given back.

    Returns
    -------
    Marks
        The nodes and straight lines lie on the product, bent lines on the input.
    """
    x, y = np.asarray(marks.x, float), np.asarray(marks.y, float)
    columns, rows = np.unique(x).size, np.unique(y).size
    if marks.name != "grid" or marks.lines or marks.vectors is None or columns * rows != x.size or not x.size:
        return marks
    order = np.lexsort((x, y))
    dx, dy = (np.asarray(part, float) for part in marks.vectors)

    def lines(at: Places) -> Places:
        nodes = at[order].reshape(rows, columns)
        both = [np.pad(part, ((0, 0), (0, 1)), constant_values=np.nan).ravel() for part in (nodes, nodes.T)]
        return np.concatenate(both)

    made = {0: (lines(x), lines(y)), 1: (lines(x + dx), lines(y + dy))}
    return replace(marks, number=np.zeros(x.size, np.int64), lines=made)


def _places(options: Mapping[str, object], name: str) -> tuple[Position, ...]:
    """Of an option; a text that is none is told where it stands, and is replaced by a click."""
    try:
        return parse_positions(str(options.get(name) or ""), name) if name else ()
    except UsageError:
        return ()


def high_is_good(name: str) -> bool:
    """Whether the lowest values are the worst.

    Parameters
    ----------
    name : str
        Of a value of marks.

    Returns
    -------
    bool
    """
    return name.casefold().startswith(_HIGH_IS_GOOD)


def deed(name: str, one: str, before: object, after: object, adds: bool = False) -> str:
    """What was done to an option of places, as it follows the word Undo.

    Parameters
    ----------
    name : str
        Of the option.
    one : str
        What each place is.
    before, after : object
        Its texts.
    adds : bool
        Whether it is the option that further marks are put into.

    Returns
    -------
    str
        Empty where it is not just one place more or fewer.
    """
    old, new = _places({name: before}, name), _places({name: after}, name)
    more, fewer = [place for place in new if place not in old], [place for place in old if place not in new]
    if len(more) + len(fewer) != 1:
        return ""
    place = (more or fewer)[0]
    if adds:
        verb = "add" if more else "take away"
    else:
        verb = name.replace("_", " ") if more else "include" if name == "exclude" else f"take out of {name}"
    number = f" on input {place.number}" if place.number > 1 else ""
    return f"{verb} the {one} at {place.x:.0f}, {place.y:.0f}{number}"
