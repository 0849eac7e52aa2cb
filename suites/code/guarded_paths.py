"""References of guarded_paths: best O(n) with one row, good O(n) with a table, naive exponential."""


_MODULUS = 1000000007


def _check(grid):
    if not isinstance(grid, list) or not all(isinstance(row, str) for row in grid):
        raise TypeError("grid must be a list of strings")
    if not grid or not grid[0] or any(len(row) != len(grid[0]) or row.strip(".X") for row in grid):
        raise ValueError("grid must have rows of the same length, at least 1, of . and X")


def best(grid: list[str]) -> int:
    """Count the ways past the guards.

    Args:
        grid: The field, 1 to 500 rows of the same length of 1 to 500 characters: `.` is free, `X` is
            guarded.

    Returns:
        The number of ways modulo 1000000007.

    Raises:
        TypeError: If `grid` is not a list, or holds anything but strings.
        ValueError: If there are no rows, a row is empty, the rows differ in length, or there is another
            character than `.` and `X`.
    """
    _check(grid)
    ways = [1] + [0] * (len(grid[0]) - 1)
    for row in grid:
        left = 0
        for j, letter in enumerate(row):
            left = ways[j] = (left + ways[j]) % _MODULUS if letter == "." else 0
    return ways[-1]


def good(grid):
    _check(grid)
    height, width = len(grid), len(grid[0])
    ways = [[0] * (width + 1) for _ in range(height + 1)]
    ways[0][1] = 1
    for i in range(1, height + 1):
        for j in range(1, width + 1):
            if grid[i - 1][j - 1] == ".":
                ways[i][j] = (ways[i - 1][j] + ways[i][j - 1]) % _MODULUS
    return ways[height][width]


def naive(grid):
    _check(grid)

    def ways(i, j):
        if i < 0 or j < 0 or grid[i][j] == "X":
            return 0
        if i == 0 and j == 0:
            return 1
        return ways(i - 1, j) + ways(i, j - 1)

    return ways(len(grid) - 1, len(grid[0]) - 1) % _MODULUS


def inputs(rng):
    cases = [[["."]], [["X"]], [["..."]], [[".", "."]], [["X."]], [[".X"]], [[".X."]], [["..", ".."]], [[".X", "X."]], [["...", ".X.", "..."]], [["......"] * 6]]
    for _ in range(16):
        width = rng.randint(2, 7)
        rows = ["".join(rng.choice(".....X") for _ in range(width)) for _ in range(rng.randint(2, 7))]
        rows[0] = "." + rows[0][1:]
        rows[-1] = rows[-1][:-1] + "."
        cases.append([rows])
    return cases


def sized(rng, n):
    return [["." * n] * n]
