"""References of trapped_water: best O(n) by two pointers, good O(n) by two passes with lists, naive O(n^2)."""


def _check(heights):
    if not isinstance(heights, list) or not all(isinstance(x, int) for x in heights):
        raise TypeError("heights must be a list of integers")
    if any(not 0 <= x <= 10**9 for x in heights):
        raise ValueError("every height must be from 0 to 10^9")


def best(heights: list[int]) -> int:
    """Measure the water that stays between columns.

    Args:
        heights: The heights of the columns from left to right, each one unit wide, 0 to 10^5 integers from
            0 to 10^9.

    Returns:
        The units of water.

    Raises:
        TypeError: If `heights` is not a list, or holds anything but integers.
        ValueError: If a height is negative or greater than 10^9.
    """
    _check(heights)
    low, high = 0, len(heights) - 1
    level = water = 0
    while low <= high:
        if heights[low] <= heights[high]:
            column, low = heights[low], low + 1
        else:
            column, high = heights[high], high - 1
        if column > level:
            level = column
        water += level - column
    return water


def good(heights):
    _check(heights)
    left, right = [], []
    for x in heights:
        left.append(max(x, left[-1] if left else 0))
    for x in reversed(heights):
        right.append(max(x, right[-1] if right else 0))
    return sum(min(a, b) - x for a, b, x in zip(left, reversed(right), heights))


def naive(heights):
    _check(heights)
    water = 0
    for k, x in enumerate(heights):
        left = right = x
        for y in heights[:k]:
            left = y if y > left else left
        for y in heights[k:]:
            right = y if y > right else right
        water += min(left, right) - x
    return water


def inputs(rng):
    cases = [[[]], [[5]], [[1, 2]], [[2, 0, 2]], [[2, 0, 1]], [[0, 0, 0]], [[3, 3, 3]], [[1, 2, 3]], [[3, 2, 1]], [[0, 1, 0, 2, 1, 0, 1, 3, 2, 1, 2, 1]], [[10**9, 0, 10**9]], [[4, 2, 0, 3, 2, 5]]]
    for _ in range(16):
        cases.append([[rng.randint(0, 8) for _ in range(rng.randint(3, 25))]])
    return cases


def sized(rng, n):
    return [[rng.randint(0, 10**9) for _ in range(n)]]
