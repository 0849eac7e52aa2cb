"""References of spiral_order: best O(n) ring by ring, good O(n) step by step, naive O(n^1.5) by turning the rest."""


def _check(matrix):
    if not isinstance(matrix, list) or not all(isinstance(row, list) for row in matrix):
        raise TypeError("matrix must be a list of lists")
    if not all(isinstance(x, int) for row in matrix for x in row):
        raise TypeError("matrix must hold integers")
    if not matrix or not matrix[0] or any(len(row) != len(matrix[0]) for row in matrix):
        raise ValueError("matrix must have rows of the same length, at least 1")


def best(matrix: list[list[int]]) -> list[int]:
    """Read a matrix in spiral order.

    Args:
        matrix: The rows from top to bottom, 1 to 300 rows of the same length, 1 to 300 integers each.

    Returns:
        The values from the corner inwards.

    Raises:
        TypeError: If `matrix` is not a list of lists, or holds anything but integers.
        ValueError: If there are no rows, the first row is empty, or the rows differ in length.
    """
    _check(matrix)
    top, bottom, left, right = 0, len(matrix) - 1, 0, len(matrix[0]) - 1
    values = []
    while top <= bottom and left <= right:
        values += matrix[top][left:right + 1]
        values += [matrix[i][right] for i in range(top + 1, bottom + 1)]
        if top < bottom and left < right:
            values += [matrix[bottom][j] for j in range(right - 1, left - 1, -1)]
            values += [matrix[i][left] for i in range(bottom - 1, top, -1)]
        top, bottom, left, right = top + 1, bottom - 1, left + 1, right - 1
    return values


def good(matrix):
    _check(matrix)
    height, width = len(matrix), len(matrix[0])
    seen = [[False] * width for _ in range(height)]
    values, i, j, di, dj = [], 0, 0, 0, 1
    for _ in range(height * width):
        values.append(matrix[i][j])
        seen[i][j] = True
        if not (0 <= i + di < height and 0 <= j + dj < width) or seen[i + di][j + dj]:
            di, dj = dj, -di
        i, j = i + di, j + dj
    return values


def naive(matrix):
    _check(matrix)
    values, rest = [], [list(row) for row in matrix]
    while rest and rest[0]:
        values = values + rest[0]
        rest = rest[1:]
        rest = [[row[k] for row in rest] for k in range(len(rest[0]) - 1, -1, -1)] if rest else []
    return values


def inputs(rng):
    cases = [[[[1]]], [[[1, 2, 3]]], [[[1], [2], [3]]], [[[1, 2], [3, 4]]], [[[1, 2, 3], [4, 5, 6]]], [[[1, 2], [3, 4], [5, 6]]], [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[0, 0], [0, 0]]]]
    for _ in range(16):
        height, width = rng.randint(1, 7), rng.randint(1, 7)
        cases.append([[[rng.randint(-99, 99) for _ in range(width)] for _ in range(height)]])
    return cases


def sized(rng, n):
    return [[[i * n + j for j in range(n)] for i in range(n)]]
