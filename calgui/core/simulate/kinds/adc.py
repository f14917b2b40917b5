"""Residual of the atmospheric dispersion corrector: tables of shift against wavelength."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.kinds import dispcube
from calgui.core.simulate.kinds.common import (
    DETECTOR,
    FILTER,
    FIRST,
    SEES_LIGHT,
    from_second,
    image_reference,
    reference_name,
)
from calgui.core.simulate.scene import IMAGER, SPECTROGRAPH, Columns, Entries, Kind, Reference, Rules, Scene

#: number -> detector, filter of its rule, filter that its table spans
_MADE = {1: (IMAGER, "N/A", "H"), 2: (IMAGER, "K", "K"), 3: (SPECTROGRAPH, "N/A", "Hbb")}
#: the one that is the residual of the demo's star cube at 45 degrees
_OF_STAR = 3
_SHIFT_MAS = 0.8  # at the edges of the band, at zenith angle 45 degrees


def _reference(number: int) -> Reference:
    detector, filter, band = _MADE[number]
    row = FILTERS[band]

    def make(scene: Scene) -> tuple[Columns]:
        wave = np.linspace(row.wavemin, row.wavemax, 33)
        if number == _OF_STAR:
            along, across = dispcube.REFERENCE.residual(wave)
            found = {"wavelength": wave, "shift_along": along, "shift_across": across}
            return (Columns("ADC", found, {"wavelength": "um", "shift_along": "mas", "shift_across": "mas"}),)
        place = (wave - row.wavecen) / (row.wavemax - row.wavecen)
        table = {"wavelength": wave, "shift_along": _SHIFT_MAS * place**2, "shift_across": 0.1 * _SHIFT_MAS * place}
        return (Columns("ADC", table, {"wavelength": "um", "shift_along": "mas", "shift_across": "mas"}),)

    zenith = round(dispcube.REFERENCE.zenith, 4) if number == _OF_STAR else 45.0
    extra = {"FILTER": (filter, "filter of its rule"), "ZENITH": (zenith, "[deg] zenith angle of the table")}
    if number == _OF_STAR:
        extra |= {"ADCREFW": (row.wavecen, "[um] wavelength that shifts are counted from")}
        extra |= dispcube.conditions(dispcube.REFERENCE)
    return image_reference(
        number,
        "ADC",
        FIRST,
        f"Residual dispersion, {detector}, {band}",
        make,
        detector=detector,
        extra=extra,
    )


def _rules(scene: Scene) -> Sequence[Rules]:
    entries: Entries = {
        (detector, filter): {FIRST: reference_name("ADC", number)} for number, (detector, filter, _) in _MADE.items()
    }
    return (Rules("ADC", (DETECTOR, FILTER), from_second(entries), SEES_LIGHT),)


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "shift_at_band_edge_mas": _SHIFT_MAS,
        "zenith_angle_deg": 45.0,
        "of_the_imager": [reference_name("ADC", number) for number in _MADE if number != _OF_STAR],
        "of_the_spectrograph": f"{reference_name('ADC', _OF_STAR)}, the residual of the cube at 45 degrees: dispcube",
    }


KIND = Kind("adc", references=lambda scene: [_reference(n) for n in _MADE], rules=_rules, truth=_truth)
