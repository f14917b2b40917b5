"""Images of which nothing is left are refused, and nothing is written."""

import numpy as np
import pytest

from calgui.core.algorithms.rectify.config import RectifyConfig
from calgui.core.algorithms.rectify.rectifying import rectify
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame

SIP = {
    "CRPIX1": 32.5, "CRPIX2": 32.5, "A_ORDER": 2, "B_ORDER": 2, "AP_ORDER": 2, "BP_ORDER": 2, "A_2_0": 1e-6,
    "AP_2_0": -1e-6, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP",
}  # fmt: skip


@pytest.mark.parametrize(("value", "words"), [(0.0, "blank"), (np.nan, "No pixel of the image can be used")])
def test_an_image_without_light_is_refused(value: float, words: str) -> None:
    image = Frame(np.full((64, 64), value, np.float32), None, None, {})
    with pytest.raises(InputError, match=words) as caught:
        rectify(image, Frame(np.zeros(1, np.float32), None, None, SIP), RectifyConfig())
    assert caught.value.cure
