"""References that are a header: what they say stands in keywords, and there are no pixels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import numpy as np

from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import merged, read_headers

#: types whose reference is a header: what it says stands in the keywords of this extension, which has no pixels
HEADERS: Mapping[str, str] = {"DISTORTION": "DISTORTION"}


class HeaderFrame(Frame):
    """A reference without pixels, opened and closed as others are; its data are one meaningless value."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing is open."""


def read_header(path: Path, name: str) -> HeaderFrame:
    """A reference whose content is a header.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    name : str
        EXTNAME of the header.

    Returns
    -------
    HeaderFrame
        With the keywords of the primary header, completed by those of the extension.

    Raises
    ------
    InputError
        It cannot be read, or has no such extension.
    """
    hdus = read_headers(path)
    found = next((hdu for hdu in hdus if hdu.name == name), None)
    if found is None:
        names = ", ".join(hdu.name for hdu in hdus if hdu.name) or "none"
        raise InputError(
            f"There is no extension {name} in this file.", path=path, cure=f"Choose another; it has: {names}."
        )
    return HeaderFrame(np.zeros(1, np.float32), None, None, merged(hdus[0], found), path)
