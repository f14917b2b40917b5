"""What a comparison says, and which products can be compared."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.registry import Curve, Metric, Result, Table
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.rules.values import Selection
from calgui.core.runs.headerframes import table_frame
from calgui.core.runs.tableframes import tables_of

#: changed pixels of one way that a document lists; their number counts all
_LISTED = 1000

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Changes:
    """Pixels that changed in one way.

    Attributes
    ----------
    way : str
        ``new``, ``gone``, or ``changed`` from one kind to another.
    places : ndarray of int, shape (n, 2)
        Row and column, from 0.
    details : tuple of str
        What changed of each pixel, such as the names of its flags; empty where the way says it all.
    """

    way: Literal["new", "gone", "changed"]
    places: Places
    details: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        """The way as one character."""
        return {"new": "+", "gone": "−", "changed": "±"}[self.way]


@dataclass(frozen=True)
class Comparison:
    """A new product against the one in use.

    Attributes
    ----------
    status : str
        ``compared``; ``none`` where the rules select none; ``unavailable`` where the file cannot be used.
    message : str
        One or more sentences for the user.
    old : pathlib.Path or None
        The one in use.
    selection : Selection or None
        What the rules said.
    product : str
        REFTYPE of both; see `comparer_of`.
    difference : Frame or None
        A picture of what differs; None where there is no picture to compare.
    metrics : mapping of str to Metric
        In numbers.
    changes : tuple of Changes
        Pixels to look at.
    curves : tuple of Curve
        To plot.
    tables : tuple of Table
        Numbers by kind.
    """

    status: Literal["compared", "none", "unavailable"]
    message: str
    old: Path | None = None
    selection: Selection | None = None
    product: str = ""
    difference: Frame | None = None
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    changes: tuple[Changes, ...] = ()
    curves: tuple[Curve, ...] = ()
    tables: tuple[Table, ...] = ()

    def places(self, way: str) -> Places:
        """Pixels that changed in one way.

        Parameters
        ----------
        way : str
            As in `Changes`.

        Returns
        -------
        ndarray of int, shape (n, 2)
            Row and column, from 0.
        """
        found = [change.places for change in self.changes if change.way == way]
        return np.concatenate(found) if found else np.empty((0, 2), np.intp)


class Compare(Protocol):
    """How two products of one kind are compared."""

    def __call__(self, new: Frame, old: Frame, job: Job | None = None) -> Comparison:
        """Compare them; raises `InputError` where they cannot be."""


@dataclass(frozen=True)
class Comparer:
    """How products of one kind are compared, and the words for it.

    Attributes
    ----------
    product : str
        REFTYPE.
    module : str
        Has the function ``compare``; see `Compare`.
    word : str
        What it is, in a sentence.
    title : str
        What the picture of the difference is called, before the name of the one in use.
    difference : str
        What it shows.
    changes : str
        What its list of pixels holds.
    column : str
        Heading of that list.
    plane : str
        Extension of the product that is compared; the image where it is empty.
    keywords : str
        Extension without pixels whose header is compared, of a product that has no image.
    table : str
        Extension with columns that are compared, of such a product.
    extension : str
        Extension that is compared, of a product that has no image.
    tables : bool
        Whether the product's tables are compared: both are given as `calgui.core.runs.tableframes.TableFrame`.
    """

    product: str
    module: str
    word: str
    title: str
    difference: str
    changes: str
    column: str
    plane: str = ""
    keywords: str = ""
    table: str = ""
    extension: str = ""
    tables: bool = False

    def compared(self, result: Result) -> Frame | None:
        """What of a result is compared.

        Parameters
        ----------
        result : Result
            Of the whole frames.

        Returns
        -------
        Frame or None
            The product's image, or the plane that matters with the keywords that say what it means; None where there is
            no product.
        """
        if self.keywords:
            return self._header(result)
        if self.table:
            return self._columns(result)
        if self.extension:
            return self._image(result)
        if self.tables:
            return tables_of(result) if result.has_product else None
        frame = result.frame
        if frame is None:
            return None
        header = {**frame.header, **{key: value for key, (value, _comment) in result.keywords.items()}}
        if not self.plane:
            return replace(frame, header=header)
        return Frame(result.planes[self.plane], None, None, header, frame.path)

    def _image(self, result: Result) -> Frame | None:
        """An extension with the keywords of the whole product."""
        found = next((one for one in result.extensions if one.name == self.extension), None)
        if found is None or found.data is None:
            return None
        said = {key: value for key, (value, _comment) in result.keywords.items()}
        return Frame(np.asarray(found.data, np.float32), None, None, said)

    def _header(self, result: Result) -> Frame | None:
        """The keywords of an extension with those of the whole product, behind one meaningless value."""
        found = next((one for one in result.extensions if one.name == self.keywords), None)
        if found is None:
            return None
        of = result.picture.header if result.picture is not None else {}
        said = {**result.keywords, **found.header}
        plain = {key: value[0] if isinstance(value, tuple) else value for key, value in said.items()}
        path = result.picture.path if result.picture is not None else None
        return Frame(np.zeros(1, np.float32), None, None, {**of, **plain}, path)

    def _columns(self, result: Result) -> Frame | None:
        """The columns of an extension, with the keywords of the product."""
        found = next((one for one in result.extensions if one.name == self.table), None)
        if found is None or not isinstance(found.data, Mapping):
            return None
        said = {**result.keywords, **found.header}
        plain = {key: value[0] if isinstance(value, tuple) else value for key, value in said.items()}
        return table_frame(found.data, plain, None)

    def compare(self, new: Frame, old: Frame, job: Job | None = None) -> Comparison:
        """Compare two products; see `Compare`."""
        function: Compare = importlib.import_module(f"calgui.core.runs.comparing.{self.module}").compare
        return function(new, old, job)


#: by product
COMPARERS: Mapping[str, Comparer] = {
    row.product: row
    for row in (
        Comparer("DARK", "darks", "dark", "new less", "new less old", "Hot pixels that came or went", "hot pixel"),
        Comparer(
            "MASK",
            "masks",
            "bad pixel map",
            "changes from",
            "1 new, −1 gone, 0.5 of another kind",
            "Bad pixels that came, went, or changed their kind",
            "bad pixel",
        ),
        Comparer(
            "NONLINCOEFF",
            "coefficients",
            "non-linearity",
            "correction less that of",
            "at 80 % of saturation, as a part of the signal",
            "Pixels that gained or lost a correction",
            "correction",
            "COEFFS",
        ),
        Comparer(
            "SKY",
            "skies",
            "sky",
            "new less scaled",
            "new less old, the old one at the level of the new",
            "Pixels that stand out of one of the two skies",
            "pixel",
        ),
        Comparer(
            "FLAT",
            "flats",
            "flat",
            "new over",
            "new over old",
            "Pixels that lost or regained a flat, or whose response changed",
            "pixel",
        ),
        Comparer(
            "DISTORTION",
            "distortions",
            "distortion",
            "mapping less that of",
            "length of new less old, the linear part apart",
            "Pixels",
            "pixel",
            keywords="DISTORTION",
        ),
        Comparer(
            "ADC",
            "dispersions",
            "residual of the ADC",
            "shift less that of",
            "new less old, mas: along the zenith below, across above, by wavelength",
            "Wavelengths",
            "wavelength",
            table="ADC",
        ),
        Comparer(
            "INSDISP",
            "traces",
            "dispersion of the instrument",
            "shift less that of",
            "new less old, pixels: two rows for each fiber, along x below and along y above, by wavelength",
            "Wavelengths",
            "wavelength",
            table="TRACE",
        ),
        Comparer(
            "PSFSTAR",
            "psfs",
            "PSF star",
            "new less",
            "new less old, each of sum 1, over the peak of the new",
            "Pixels that stand out",
            "pixel",
        ),
        Comparer(
            "WAVECAL",
            "wavecals",
            "wavelength solution",
            "new less",
            "new less old, in pixels, one row for each spectrum",
            "Pixels",
            "pixel",
            extension="WAVELENGTH",
        ),
        Comparer(
            "FIBER",
            "psfs",
            "fiber image",
            "new less",
            "new less old, each of sum 1, over the peak of the new",
            "Pixels that stand out",
            "pixel",
        ),
        Comparer(
            "FLUXSTAR",
            "fluxstars",
            "flux star",
            "new over",
            "new over old",
            "Pixels",
            "pixel",
            tables=True,
        ),
    )
}


def comparer_of(product: str) -> Comparer | None:
    """How a product is compared with the one in use.

    Parameters
    ----------
    product : str
        REFTYPE; empty for an image.

    Returns
    -------
    Comparer or None
        None where there is nothing to compare it by.
    """
    return COMPARERS.get(product)


def as_document(comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain values, for JSON.

    Parameters
    ----------
    comparison : Comparison
        Any.

    Returns
    -------
    dict
        ``status``, ``message``, ``file``, ``metrics``, ``tables``, and ``changes``: of each way the number of pixels
        and the first of them.
    """

    def listed(change: Changes) -> list[dict[str, Any]]:
        first = change.places[:_LISTED].tolist()
        details = change.details[:_LISTED] or ("",) * len(first)
        return [{"x": x, "y": y, "flags": detail} for (y, x), detail in zip(first, details, strict=True)]

    return {
        "status": comparison.status,
        "message": comparison.message,
        "file": comparison.old.name if comparison.old is not None else None,
        "metrics": {name: metric.value for name, metric in comparison.metrics.items()},
        "tables": [
            {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows]}
            for table in comparison.tables
        ],
        "changes": [
            {"way": change.way, "n_pixels": len(change.places), "pixels": listed(change)}
            for change in comparison.changes
        ],
    }
