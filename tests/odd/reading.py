"""As the program reads a file: every reader, each on its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from calgui.core.cubes.ramp import open_ramp
from calgui.core.cubes.reading import kind_of, open_cube
from calgui.core.errors import CalguiError
from calgui.core.frames.fits import describe_file, read_frame
from calgui.core.frames.headers import read_headers, rule_header
from calgui.core.frames.limits import find_limits
from calgui.core.frames.reduction import Pyramid
from calgui.core.frames.sky import celestial, compass
from calgui.core.frames.statistics import statistics
from calgui.core.jobs import Job
from calgui.core.runs.pixelfacts import pixel_facts
from calgui.core.spectra.reading import read_spectrum, spectra_in

#: what readers may take besides the pixels: headers, tables, buffers
SPARE = 4_000_000


def picture(path: Path) -> np.ndarray:
    """As the picture does: the first plane, its limits, its reductions, its figures, its place on the sky."""
    info = next(one for one in describe_file(path) if one.is_image)
    lead = (0,) * (len(info.shape) - 2)
    frame = read_frame(path, None, lead or None)
    values = np.atleast_2d(frame.data)
    for name in ("zscale", "99.5%", "min-max"):
        limits = find_limits(values, name)
        assert limits.low < limits.high
    Pyramid(values.shape[-2:], "outliers", values).build(2, Job())
    statistics(values, frame.dq)
    celestial(frame.header)
    compass(frame.header, 3.0, 4.0)
    return values


def reads(path: Path) -> None:
    """Every reader, each on its own."""
    readers: tuple[Callable[[Path], Any], ...] = (
        read_headers,
        rule_header,
        describe_file,
        read_frame,
        picture,
        spectra_in,
        read_spectrum,
        open_ramp,
        lambda one: open_cube(one).spectrum(0, 0),
        lambda one: open_cube(one).plane(0),
        lambda one: pixel_facts(one, (), 0, 0, None, None, Job()),
    )
    for read in readers:
        told = "no image in it"
        try:
            read(path)
        except CalguiError as error:
            told = error.message
        except StopIteration:
            continue
        assert 0 < len(told) < 400
    kind_of(path)
