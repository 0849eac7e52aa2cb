"""References of lamp_placements: best backtracking with bit masks, good backtracking with sets, naive over all permutations."""
import itertools


def _check(size, blocked):
    if not isinstance(size, int) or not isinstance(blocked, list):
        raise TypeError("size must be an integer, blocked a list")
    if not all(isinstance(x, list) and all(isinstance(y, int) for y in x) for x in blocked):
        raise TypeError("a blocked field must be a list of integers")
    if not 1 <= size <= 9:
        raise ValueError("size must be from 1 to 9")
    if any(len(x) != 2 or min(x) < 0 or max(x) >= size for x in blocked):
        raise ValueError("a blocked field must be [row, column] on the board")


def best(size: int, blocked: list[list[int]]) -> int:
    """Count the ways to place lamps that do not shine on each other.

    Args:
        size: The length of the sides of a square board, 1 to 9.
        blocked: Fields [row, column] on which no lamp may stand, counted from 0; 0 to 81 fields, repeats
            allowed; lamps shine across them.

    Returns:
        The number of ways.

    Raises:
        TypeError: If `size` is not an integer, `blocked` is not a list, or a field is not a list of
            integers.
        ValueError: If `size` is not from 1 to 9, or a field has not exactly two numbers or does not lie on
            the board.
    """
    _check(size, blocked)
    everything = (1 << size) - 1
    closed = [0] * size
    for row, column in blocked:
        closed[row] |= 1 << column

    def count(row, columns, falling, rising):
        if row == size:
            return 1
        ways, free = 0, everything & ~(columns | falling | rising | closed[row])
        while free:
            lamp = free & -free
            free ^= lamp
            ways += count(row + 1, columns | lamp, (falling | lamp) << 1, (rising | lamp) >> 1)
        return ways

    return count(0, 0, 0, 0)


def good(size, blocked):
    _check(size, blocked)
    columns, falling, rising = set(), set(), set()
    closed = {(row, column) for row, column in blocked}

    def count(row):
        if row == size:
            return 1
        ways = 0
        for column in range(size):
            if column in columns or row - column in falling or row + column in rising or (row, column) in closed:
                continue
            columns.add(column), falling.add(row - column), rising.add(row + column)
            ways += count(row + 1)
            columns.remove(column), falling.remove(row - column), rising.remove(row + column)
        return ways

    return count(0)


def naive(size, blocked):
    _check(size, blocked)
    ways = 0
    for columns in itertools.permutations(range(size)):
        ways += (all([row, column] not in blocked for row, column in enumerate(columns))
                 and all(abs(columns[i] - columns[j]) != i - j for i in range(size) for j in range(i)))
    return ways


def inputs(rng):
    cases = [[1, []], [1, [[0, 0]]], [2, []], [3, []], [4, []], [5, []], [6, []], [4, [[0, 1]]], [4, [[0, 1], [0, 2]]], [5, [[2, 2], [2, 2]]], [5, [[0, k] for k in range(5)]]]
    for _ in range(16):
        size = rng.randint(4, 6)
        cases.append([size, [[rng.randrange(size), rng.randrange(size)] for _ in range(rng.randint(1, 5))]])
    return cases


def sized(rng, n):
    return [n, [[0, 0], [n - 1, 0]]]
