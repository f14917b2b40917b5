"""Small systems of normal equations by Cholesky's factor, in place."""

import math

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def factor(matrix, count):  # type: ignore[no-untyped-def]
    """Put the factor into the lower triangle; False where the matrix is not positive definite."""
    for a in range(count):
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= matrix[a, c] * matrix[b, c]
            if a == b:
                if not total > 1e-12 * abs(matrix[a, a]):
                    return False
                matrix[a, a] = math.sqrt(total)
            else:
                matrix[a, b] = total / matrix[b, b]
    return True


@_jit
def solve_again(matrix, right, count):  # type: ignore[no-untyped-def]
    """Solve with a factor; ``right`` becomes the solution."""
    for a in range(count):
        for c in range(a):
            right[a] -= matrix[a, c] * right[c]
        right[a] /= matrix[a, a]
    for a in range(count - 1, -1, -1):
        for c in range(a + 1, count):
            right[a] -= matrix[c, a] * right[c]
        right[a] /= matrix[a, a]


@_jit
def solve(matrix, right, count):  # type: ignore[no-untyped-def]
    """Factor and solve; False where the matrix is not positive definite."""
    if not factor(matrix, count):
        return False
    solve_again(matrix, right, count)
    return True


@_jit
def variance_of(matrix, count, which, room):  # type: ignore[no-untyped-def]
    """One element of the diagonal of the inverse, from a factor; ``room`` to work in."""
    room[:count] = 0.0
    room[which] = 1.0
    total = 0.0
    for a in range(which, count):
        for c in range(which, a):
            room[a] -= matrix[a, c] * room[c]
        room[a] /= matrix[a, a]
        total += room[a] * room[a]
    return total
