"""Loops that follow a distortion from pixel to pixel: where each is seen, how large it is, and what it inherits."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

#: pixels on each side of a place that have a say in its error
REACH = 3


@njit(nogil=True, cache=True)
def places(ap, bp, x0, y0, first_row, x, y, area):  # type: ignore[no-untyped-def]
    """Where ideal pixels are seen, and how large they are there.

    ``ap``, ``bp`` (n, n): measured less ideal, element (p, q) times u^p v^q, u and v from (x0, y0). Rows of the output
    from ``first_row`` on. Written are ``x``, ``y`` (measured, float64) and ``area`` (pixels, float32).
    """
    n = ap.shape[0]
    # of each row, the power series of u alone: the row's v is put in
    a, b, da, db = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for row in range(x.shape[0]):
        v = first_row + row - y0
        for p in range(n):
            a[p] = b[p] = da[p] = db[p] = 0.0
            for q in range(n - 1 - p, -1, -1):
                da[p] = da[p] * v + a[p]
                db[p] = db[p] * v + b[p]
                a[p] = a[p] * v + ap[p, q]
                b[p] = b[p] * v + bp[p, q]
        for column in range(x.shape[1]):
            u = column - x0
            f = g = fu = gu = fv = gv = 0.0
            for p in range(n - 1, -1, -1):
                fu = fu * u + f
                gu = gu * u + g
                f = f * u + a[p]
                g = g * u + b[p]
                fv = fv * u + da[p]
                gv = gv * u + db[p]
            x[row, column] = column + f
            y[row, column] = first_row + row + g
            area[row, column] = abs((1.0 + fu) * (1.0 + gv) - fv * gu)


@njit(nogil=True, cache=True)
def inherit(x, y, area, top, err, dq, bad, weights, no_value, made_err, made_dq, lost):  # type: ignore[no-untyped-def]
    """Errors and flags of places between pixels.

    ``x``, ``y``: places in the input; ``err``, ``dq``, ``bad`` are rows of it from ``top`` on. ``weights`` (phases + 1,
    2 REACH): squares of the kernel at the pixels about a place, by its fraction of a pixel. An error is the root of the
    sum of the squares; flags are those of the four pixels about the place. ``lost`` is set where the nearest pixel is
    ``bad`` or outside: there is no value, and ``no_value`` is flagged. Gives the sum and number of the squared weights.
    """
    rows, columns = err.shape
    phases = weights.shape[0] - 1
    total, count = 0.0, 0
    for row in range(x.shape[0]):
        for column in range(x.shape[1]):
            px, py = x[row, column], y[row, column] - top
            ix, iy = int(np.floor(px)), int(np.floor(py))
            nx, ny = int(np.floor(px + 0.5)), int(np.floor(py + 0.5))
            gone = nx < 0 or ny < 0 or nx >= columns or ny >= rows
            if not gone:
                gone = bad[ny, nx]
            flags = np.uint32(no_value) if gone else np.uint32(0)
            for dy in range(2):
                for dx in range(2):
                    cx, cy = ix + dx, iy + dy
                    if 0 <= cx < columns and 0 <= cy < rows:
                        flags |= dq[cy, cx]
            made_dq[row, column] = flags
            lost[row, column] = gone
            if gone:
                made_err[row, column] = np.nan
                continue
            along, across = int((px - ix) * phases + 0.5), int((py - iy) * phases + 0.5)
            variance, known, whole = 0.0, 0.0, 0.0
            for k in range(2 * REACH):
                cy = iy + k - REACH + 1
                if cy < 0 or cy >= rows:
                    continue
                part, sure = 0.0, 0.0
                for m in range(2 * REACH):
                    cx = ix + m - REACH + 1
                    if 0 <= cx < columns:
                        one = err[cy, cx]
                        if one == one:
                            part += weights[along, m] * one * one
                            sure += weights[along, m]
                variance += weights[across, k] * part
                known += weights[across, k] * sure
            for k in range(2 * REACH):
                whole += weights[along, k]
            other = 0.0
            for k in range(2 * REACH):
                other += weights[across, k]
            whole *= other
            total += whole
            count += 1
            # pixels without an error are taken to have that of the others
            made_err[row, column] = area[row, column] * np.sqrt(variance * whole / known) if known > 0 else np.nan
    return total, count


@njit(nogil=True, cache=True)
def fill(data, bad, reach):  # type: ignore[no-untyped-def]
    """Give bad pixels the mean of the nearest ring of good ones, 0 where there is none within ``reach``; in place."""
    rows, columns = data.shape
    for row in range(rows):
        for column in range(columns):
            if not bad[row, column]:
                continue
            total, count = 0.0, 0
            for r in range(1, reach + 1):
                for dy in range(-r, r + 1):
                    step = 1 if abs(dy) == r else 2 * r
                    for dx in range(-r, r + 1, step):
                        y, x = row + dy, column + dx
                        if 0 <= y < rows and 0 <= x < columns and not bad[y, x]:
                            total += data[y, x]
                            count += 1
                if count:
                    break
            data[row, column] = total / count if count else 0.0
