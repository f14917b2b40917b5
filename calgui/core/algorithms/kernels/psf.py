"""Loops over stars: sums over rings, values between pixels, contours at half maximum, cut-outs."""

import math

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")

#: pixels within this distance of the centre are shared out among rings by 5 x 5 points in each
_FINE = 12.0
#: up to here the pixels of a ring are counted: how many it holds, and of what brightness, hangs together
_WHOLE = 60.0


@_jit
def ring_sums(image, good, variance, cover, own, x, y, width, sums, count, noise, square, whole):  # type: ignore[no-untyped-def]
    """Sums of pixels over rings of one width around a star.

    Parameters
    ----------
    image, variance : ndarray of float32, shape (ny, nx)
        Pixels, and their variance.
    good : ndarray of bool, shape (ny, nx)
        Which count.
    cover : ndarray of uint8, shape (ny, nx)
        How many stars' discs lie over a pixel: it counts where there is none, or this star's alone.
    own : float
        Radius of this star's disc, pixels.
    x, y : float
        Centre.
    width : float
        Of a ring, pixels.
    sums, count, noise, square : ndarray of float64, shape (n,)
        Filled: sum of the values, number of pixels, sum of the variances, sum of the squares of the values.
    whole : ndarray of float64, shape (n,)
        Filled for rings up to 60 pixels: number of pixels of the image, whether they count or not.
    """
    ny, nx = image.shape
    n = sums.size
    reach = n * width
    sums[:] = 0.0
    count[:] = 0.0
    noise[:] = 0.0
    square[:] = 0.0
    whole[:] = 0.0
    for row in range(max(0, math.floor(y - reach)), min(ny, math.ceil(y + reach) + 1)):
        dy = row - y
        left = reach * reach - dy * dy
        if left < 0 and abs(dy) > reach + 1:
            continue
        half = math.sqrt(max(left, 0.0)) + 1
        for column in range(max(0, math.floor(x - half)), min(nx, math.ceil(x + half) + 1)):
            dx = column - x
            distance = math.sqrt(dx * dx + dy * dy)
            used = good[row, column] and cover[row, column] <= (1 if distance <= own else 0)
            if _FINE <= distance < _WHOLE:
                ring = int(distance / width)
                if ring < n:
                    whole[ring] += 1.0
            elif distance < _FINE:
                for i in range(5):
                    py = dy + 0.2 * i - 0.4
                    for j in range(5):
                        px = dx + 0.2 * j - 0.4
                        ring = int(math.sqrt(px * px + py * py) / width)
                        if ring < n:
                            whole[ring] += 0.04
            if not used:
                continue
            value = float(image[row, column])
            spread = float(variance[row, column])
            if distance >= _FINE:
                ring = int(distance / width)
                if ring < n:
                    sums[ring] += value
                    count[ring] += 1.0
                    noise[ring] += spread
                    square[ring] += value * value
                continue
            for i in range(5):
                py = dy + 0.2 * i - 0.4
                for j in range(5):
                    px = dx + 0.2 * j - 0.4
                    ring = int(math.sqrt(px * px + py * py) / width)
                    if ring < n:
                        sums[ring] += 0.04 * value
                        count[ring] += 0.04
                        noise[ring] += 0.04 * spread
                        square[ring] += 0.04 * value * value


@_jit
def cover_discs(cover, x, y, radius):  # type: ignore[no-untyped-def]
    """Count the discs that lie over each pixel of ``cover``, in place; the same pixels as `ring_sums` takes for own."""
    ny, nx = cover.shape
    for star in range(x.size):
        reach = radius[star]
        for row in range(max(0, math.floor(y[star] - reach)), min(ny, math.ceil(y[star] + reach) + 1)):
            for column in range(max(0, math.floor(x[star] - reach)), min(nx, math.ceil(x[star] + reach) + 1)):
                dx, dy = column - x[star], row - y[star]
                if math.sqrt(dx * dx + dy * dy) <= reach and cover[row, column] < 255:
                    cover[row, column] += 1


@_jit
def add_profiles(image, x, y, height, profile, width):  # type: ignore[no-untyped-def]
    """Add one round profile, scaled, at every star of an image, in place.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        What it is added to.
    x, y, height : ndarray of float64, shape (n,)
        Of the stars; the profile is multiplied by the height.
    profile : ndarray of float64, shape (m,)
        Values at the middle of rings of ``width`` pixels.
    width : float
        Pixels.
    """
    ny, nx = image.shape
    m = profile.size
    reach = (m - 1) * width
    for star in range(x.size):
        for row in range(max(0, math.ceil(y[star] - reach)), min(ny, math.floor(y[star] + reach) + 1)):
            dy = row - y[star]
            half = math.sqrt(max(reach * reach - dy * dy, 0.0))
            first, last = math.ceil(x[star] - half), math.floor(x[star] + half) + 1
            for column in range(max(0, first), min(nx, last)):
                dx = column - x[star]
                place = math.sqrt(dx * dx + dy * dy) / width - 0.5
                ring = int(max(place, 0.0))
                if ring + 1 < m:
                    part = max(place, 0.0) - ring
                    image[row, column] += height[star] * ((1 - part) * profile[ring] + part * profile[ring + 1])


@_jit
def shared_rows(px, py, x, y, height, knots, power, rows):  # type: ignore[no-untyped-def]
    """What the values at knots of a profile add to pixels: rows of a least-squares problem.

    Parameters
    ----------
    px, py : ndarray of float64, shape (n,)
        Places of the pixels.
    x, y, height : ndarray of float64, shape (m,)
        Of the stars.
    knots : ndarray of float64, shape (k,)
        Radii, growing evenly in their logarithm.
    power : float
        With which the profile falls beyond the last knot.
    rows : ndarray of float64, shape (n, k + 1)
        Added to, but for the last column. Between two knots the profile times r^2.5 is linear in the logarithm of r.
    """
    k = knots.size
    low = math.log(knots[0])
    step = (math.log(knots[k - 1]) - low) / (k - 1)
    for pixel in range(px.size):
        for star in range(x.size):
            dx, dy = px[pixel] - x[star], py[pixel] - y[star]
            squared = dx * dx + dy * dy
            if squared < knots[0] * knots[0]:
                squared = knots[0] * knots[0]
            if squared >= knots[k - 1] * knots[k - 1]:
                rows[pixel, k - 1] += height[star] * (knots[k - 1] ** 2 / squared) ** (0.5 * power)
                continue
            place = (0.5 * math.log(squared) - low) / step
            ring = min(int(place), k - 2)
            part = place - ring
            rows[pixel, ring] += height[star] * (1 - part) * (knots[ring] ** 2 / squared) ** 1.25
            rows[pixel, ring + 1] += height[star] * part * (knots[ring + 1] ** 2 / squared) ** 1.25


@_jit
def cut_stars(image, good, variance, x, y, cuts, kept, noises):  # type: ignore[no-untyped-def]
    """Square cut-outs around stars; what lies over the edge is 0 and not good.

    Parameters
    ----------
    image, variance : ndarray of float32, shape (ny, nx)
        Pixels, and their variance.
    good : ndarray of bool
        Same shape.
    x, y : ndarray of int, shape (n,)
        Middle pixel of each.
    cuts, noises : ndarray of float32, shape (n, side, side)
        Filled.
    kept : ndarray of bool, same shape
        Filled.
    """
    ny, nx = image.shape
    side = cuts.shape[1]
    half = side // 2
    for star in range(x.size):
        for j in range(side):
            row = y[star] + j - half
            for i in range(side):
                column = x[star] + i - half
                inside = 0 <= row < ny and 0 <= column < nx
                fine = inside and good[row, column]
                kept[star, j, i] = fine
                cuts[star, j, i] = image[row, column] if fine else np.float32(0)
                noises[star, j, i] = variance[row, column] if fine else np.float32(0)


@_jit
def _value(image, x, y, table, reach, phases):  # type: ignore[no-untyped-def]
    """Value between pixels: the sum of pixels times the interpolating function along each axis."""
    ny, nx = image.shape
    column, row = math.floor(x), math.floor(y)
    fx, fy = (x - column) * phases, (y - row) * phases
    ix, iy = int(fx), int(fy)
    px, py = fx - ix, fy - iy
    total = 0.0
    for j in range(2 * reach):
        at_row = row - reach + 1 + j
        if at_row < 0 or at_row >= ny:
            continue
        line = 0.0
        for i in range(2 * reach):
            at = column - reach + 1 + i
            if 0 <= at < nx:
                line += ((1 - px) * table[ix, i] + px * table[ix + 1, i]) * image[at_row, at]
        total += ((1 - py) * table[iy, j] + py * table[iy + 1, j]) * line
    return total


@_jit
def _noise(image, x, y, table, reach, phases):  # type: ignore[no-untyped-def]
    """Variance of such a value."""
    ny, nx = image.shape
    column, row = math.floor(x), math.floor(y)
    ix, iy = int((x - column) * phases + 0.5), int((y - row) * phases + 0.5)
    total = 0.0
    for j in range(2 * reach):
        at_row = row - reach + 1 + j
        if at_row < 0 or at_row >= ny:
            continue
        for i in range(2 * reach):
            at = column - reach + 1 + i
            if 0 <= at < nx:
                total += (table[iy, j] * table[ix, i]) ** 2 * image[at_row, at]
    return total


@_jit
def _top(image, x, y, table, reach, phases, far):  # type: ignore[no-untyped-def]
    """The maximum near a place: a quadratic through 3 x 3 values, in ever smaller steps."""
    x0, y0 = x, y
    step = 0.5
    values = np.empty((3, 3))
    for _ in range(6):
        for j in range(3):
            for i in range(3):
                values[j, i] = _value(image, x + (i - 1) * step, y + (j - 1) * step, table, reach, phases)
        gx = (values[:, 2].sum() - values[:, 0].sum()) / 6
        gy = (values[2].sum() - values[0].sum()) / 6
        hxx = (values[:, 2].sum() - 2 * values[:, 1].sum() + values[:, 0].sum()) / 3
        hyy = (values[2].sum() - 2 * values[1].sum() + values[0].sum()) / 3
        hxy = (values[2, 2] - values[2, 0] - values[0, 2] + values[0, 0]) / 4
        size = hxx * hyy - hxy * hxy
        if hxx < 0 and size > 0:
            mx, my = -(gx * hyy - gy * hxy) / size, -(gy * hxx - gx * hxy) / size
        else:
            mx, my = np.sign(gx), np.sign(gy)
        mx, my = min(max(mx, -1.0), 1.0), min(max(my, -1.0), 1.0)
        x, y = x + mx * step, y + my * step
        if (x - x0) ** 2 + (y - y0) ** 2 > far * far:
            return x0, y0, _value(image, x0, y0, table, reach, phases)
        if max(abs(mx), abs(my)) < 0.5:
            step *= 0.5
    return x, y, _value(image, x, y, table, reach, phases)


@_jit
def half_maxima(cuts, noises, x, y, table, angles, far, out, radii):  # type: ignore[no-untyped-def]
    """Peak of each star between the pixels, and how far its half maximum lies in some directions.

    Parameters
    ----------
    cuts, noises : ndarray of float32, shape (n, side, side)
        Without background and holes; variances.
    x, y : ndarray of float64, shape (n,)
        Where to begin, in pixels of the cut-out.
    table : ndarray of float64, shape (phases + 1, 2 reach)
        The interpolating function.
    angles : ndarray of float64, shape (m,)
        From x towards y, radian.
    far : float
        How far the peak may lie from where it began, and the half maximum from the peak: 1 and 10 times this.
    out : ndarray of float64, shape (n, 4)
        Filled: x, y, value and variance of the peak.
    radii : ndarray of float64, shape (n, m)
        Filled; NaN where the half maximum is not met.
    """
    phases, reach = table.shape[0] - 1, table.shape[1] // 2
    for star in range(x.size):
        image = cuts[star]
        if not (np.isfinite(x[star]) and np.isfinite(y[star])):
            out[star, :] = np.nan
            radii[star, :] = np.nan
            continue
        px, py, peak = _top(image, x[star], y[star], table, reach, phases, far)
        out[star, 0], out[star, 1], out[star, 2] = px, py, peak
        out[star, 3] = _noise(noises[star], px, py, table, reach, phases)
        guess = 0.5 * far
        for k in range(angles.size):
            cx, cy = math.cos(angles[k]), math.sin(angles[k])
            # outwards from inside the half maximum, then between the last two
            low, high = 0.0, guess
            at_low, at_high = peak, _value(image, px + high * cx, py + high * cy, table, reach, phases)
            while at_high > peak / 2 and high < 10 * far:
                low, at_low = high, at_high
                high += 0.25 * far
                at_high = _value(image, px + high * cx, py + high * cy, table, reach, phases)
            if at_high > peak / 2:
                radii[star, k] = np.nan
                continue
            for _ in range(5):
                part = (at_low - peak / 2) / max(at_low - at_high, 1e-30)
                middle = low + min(max(part, 0.02), 0.98) * (high - low)
                there = _value(image, px + middle * cx, py + middle * cy, table, reach, phases)
                if there > peak / 2:
                    low, at_low = middle, there
                else:
                    high, at_high = middle, there
                if high - low < 1e-4:
                    break
            part = (at_low - peak / 2) / max(at_low - at_high, 1e-30)
            radii[star, k] = low + part * (high - low)
            guess = max(0.7 * radii[star, k], 0.1)
