"""What all kinds of the demo night share: its detectors, its chance, and the parts that they give to it."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import Detector, make_detector
from calgui.core.simulate.noise import Window

NIGHT = "20260311"
CONTEXTS = ("tmt_0001.pmap", "tmt_0002.pmap", "tmt_0003.pmap")
IMAGER, SPECTROGRAPH = "IRIS1", "IFS"


@dataclass
class Scene:
    """One night: everything in it follows from the seed and the size.

    Attributes
    ----------
    size : int
        Pixels on a side of each detector.
    seed : int
        Where all chance comes from.
    check : callable
        Called many times while a large frame is made; raises to stop.
    """

    size: int
    seed: int
    check: Callable[[], None] = lambda: None
    _detectors: dict[str, Detector] = field(default_factory=dict, repr=False)

    def rng(self, label: str) -> np.random.Generator:
        """A source of chance that depends on the seed and a label only, not on the order of calls.

        Parameters
        ----------
        label : str
            A file's name, or what is drawn.

        Returns
        -------
        numpy.random.Generator
        """
        return np.random.default_rng([self.seed, self.size, zlib.crc32(label.encode())])

    def detector(self, name: str) -> Detector:
        """One of the night's detectors.

        Parameters
        ----------
        name : str
            As in DETECTOR.

        Returns
        -------
        Detector
        """
        if name not in self._detectors:
            self._detectors[name] = make_detector(name, self.size, self.rng(f"detector {name}"))
        return self._detectors[name]

    @property
    def full(self) -> Window:
        """The whole detector."""
        return Window(0, 0, self.size, self.size)

    @property
    def custom(self) -> Window:
        """The night's subarray: a quarter of the side, in the middle, on a channel's edge."""
        side = max(32, self.size // 4)
        start = (self.size - side) // 2
        return Window(start, start, side, side)

    @property
    def lamp(self) -> Window:
        """What ramps of the lamp read: some amplifiers of a corner, so that many of them stay small."""
        side = min(self.size, 256)
        return Window(0, 0, side, side)

    @property
    def ramp(self) -> Window:
        """What ramps read: all of a small detector, the lower left corner of a large one."""
        side = min(self.size, 512)
        return Window(0, 0, side, side)


@dataclass(frozen=True)
class Image:
    """One image HDU."""

    name: str
    data: npt.NDArray[Any]
    header: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Columns:
    """One table HDU: column name to values, and the columns' units."""

    name: str
    data: Mapping[str, Any]
    units: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)


Hdu = Image | Columns


@dataclass(frozen=True)
class Exposure:
    """One file of ``raw``.

    Attributes
    ----------
    name : str
        File name.
    header : mapping
        Primary header; values alone or ``(value, comment)``.
    make : callable
        Scene to HDUs and what the truth file says of them; called when the file is written.
    """

    name: str
    header: Mapping[str, Any]
    make: Callable[[Scene], tuple[Sequence[Hdu], Mapping[str, Any]]]


@dataclass(frozen=True)
class Reference:
    """One reference file of the cache.

    Attributes
    ----------
    name : str
        File name.
    header : mapping
        Primary header: REFTYPE, USEAFTER, ... (`calgui.core.simulate.keywords.reference`).
    make : callable
        Scene to HDUs; called when the file is written.
    history : tuple of str
        HISTORY cards.
    """

    name: str
    header: Mapping[str, Any]
    make: Callable[[Scene], Sequence[Hdu]]
    history: tuple[str, ...] = ()


Entries = Mapping[tuple[str, ...], Mapping[str, str]]


@dataclass(frozen=True)
class Rules:
    """The mapping of one reference type through the cache's history.

    Attributes
    ----------
    type : str
        As in the ``.imap``.
    parkeys : tuple of str
        What is matched.
    versions : tuple
        For each context the rules, key to date to file; None before the cache knows the type; equal ones
        where nothing changed.
    relevance : str
        ``rmap_relevance`` expression, empty for always.
    """

    type: str
    parkeys: tuple[str, ...]
    versions: tuple[Entries | None, ...]
    relevance: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of calibration or exposure: what it adds to the night, the cache and the truth.

    Attributes
    ----------
    key : str
        Of the catalogue, or the kind of exposure.
    exposures, references, rules, truth : callable
        Scene to what is added; truth goes under the kind's key.
    """

    key: str
    exposures: Callable[[Scene], Sequence[Exposure]] = lambda scene: ()
    references: Callable[[Scene], Sequence[Reference]] = lambda scene: ()
    rules: Callable[[Scene], Sequence[Rules]] = lambda scene: ()
    truth: Callable[[Scene], Mapping[str, Any]] = lambda scene: {}
