"""Makes PNG pictures small: 256 colours, chosen for the picture, and all the compression that there is.

    python tools/png.py FOLDER

A picture that holds no more colours than that keeps every one of them; running it twice changes nothing.
"""

import sys
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

_COLOURS = 256


def shrink(path: Path) -> None:
    """Write a picture anew with a palette.

    Parameters
    ----------
    path : pathlib.Path
        PNG; transparency is lost.
    """
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
    height, width = image.height(), image.width()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(height, width) & 0xFFFFFF
    colours, place, count = np.unique(pixels.ravel(), return_inverse=True, return_counts=True)
    palette, index = choose(colours, count)
    plane = np.zeros((height, -(-width // 4) * 4), np.uint8)  # Qt wants lines of whole words
    plane[:, :width] = index[place].reshape(height, width)
    small = QImage(plane.data, width, height, plane.shape[1], QImage.Format.Format_Indexed8)
    small.setColorTable([0xFF000000 | int(colour) for colour in palette])
    if not small.save(str(path), "PNG", 1):
        raise SystemExit(f"{path} could not be written")


def choose(colours: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A palette for some colours: the box of colours with most scatter is split until there are enough boxes.

    Parameters
    ----------
    colours : ndarray of uint32, shape (n,)
        0xRRGGBB.
    count : ndarray of int, shape (n,)
        Pixels of each.

    Returns
    -------
    palette : ndarray of uint32, shape (m,)
        At most 256.
    index : ndarray of uint8, shape (n,)
        Place in the palette of each colour.
    """
    index = np.zeros(colours.size, np.uint8)
    if colours.size <= _COLOURS:
        return colours, np.arange(colours.size, dtype=np.uint8)
    parts = np.stack([(colours >> shift) & 0xFF for shift in (16, 8, 0)], axis=1).astype(np.float64)
    boxes = [np.arange(colours.size)]
    scatter = [_scatter(parts, count, boxes[0])]
    while len(boxes) < _COLOURS and max(value for value, _axis, _cut in scatter) > 0:
        worst = max(range(len(boxes)), key=lambda number: scatter[number][0])
        _value, axis, cut = scatter[worst]
        low = parts[boxes[worst], axis] <= cut
        halves = boxes[worst][low], boxes[worst][~low]
        boxes[worst : worst + 1] = halves
        scatter[worst : worst + 1] = [_scatter(parts, count, half) for half in halves]
    palette = np.empty(len(boxes), np.uint32)
    for number, box in enumerate(boxes):
        red, green, blue = np.rint(np.average(parts[box], axis=0, weights=count[box])).astype(np.uint32)
        palette[number] = (red << 16) | (green << 8) | blue
        index[box] = number
    return palette, index


def _scatter(parts: np.ndarray, count: np.ndarray, box: np.ndarray) -> tuple[float, int, float]:
    """Scatter of a box along its widest axis, that axis, and where to cut it."""
    if box.size < 2:
        return 0.0, 0, 0.0
    inside, weights = parts[box], count[box].astype(np.float64)
    mean = np.average(inside, axis=0, weights=weights)
    spread = (weights[:, None] * (inside - mean) ** 2).sum(axis=0)
    axis = int(np.argmax(spread))
    return float(spread[axis]), axis, float(mean[axis])


if __name__ == "__main__":
    for picture in sorted(Path(sys.argv[1]).rglob("*.png")):
        shrink(picture)
