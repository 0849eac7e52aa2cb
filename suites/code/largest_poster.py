"""References of largest_poster: best O(n) with a stack, good O(n log n) from the highest house down, naive O(n^2)."""


def _check(heights):
    if not isinstance(heights, list) or not all(isinstance(x, int) for x in heights):
        raise TypeError("heights must be a list of integers")
    if not heights:
        raise ValueError("heights must not be empty")
    if any(not 0 <= x <= 10**9 for x in heights):
        raise ValueError("every height must be from 0 to 10^9")


def best(heights: list[int]) -> int:
    """Find the largest poster for a row of houses.

    Args:
        heights: The heights of the houses of a row without gaps, each one unit wide, 1 to 10^5 integers
            from 0 to 10^9.

    Returns:
        The greatest area.

    Raises:
        TypeError: If `heights` is not a list, or holds anything but integers.
        ValueError: If `heights` is empty, or a height is negative or greater than 10^9.
    """
    _check(heights)
    area, rising = 0, [(-1, -1)]  # (where such a height could begin, height)
    for k, height in enumerate(heights + [0]):
        begin = k
        while rising[-1][1] > height:
            begin, earlier = rising.pop()
            area = max(area, earlier * (k - begin))
        rising.append((begin, height))
    return area


def good(heights):
    _check(heights)
    order = sorted(range(len(heights)), key=heights.__getitem__, reverse=True)
    first, last, area = {}, {}, 0  # of each stretch of houses that are at least as high, its ends
    for k in order:
        begin, end = first.pop(k - 1, k), last.pop(k + 1, k)
        last.pop(begin, None)
        first.pop(end, None)
        first[end], last[begin] = begin, end
        area = max(area, heights[k] * (end - begin + 1))
    return area


def naive(heights):
    _check(heights)
    area = 0
    for i in range(len(heights)):
        lowest = heights[i]
        for k in range(i, len(heights)):
            lowest = min(lowest, heights[k])
            area = max(area, lowest * (k - i + 1))
    return area


def inputs(rng):
    cases = [[[0]], [[5]], [[2, 4]], [[4, 2]], [[3, 3, 3]], [[0, 0]], [[2, 1, 5, 6, 2, 3]], [[1, 2, 3, 4, 5]], [[5, 4, 3, 2, 1]], [[10**9] * 10], [[6, 2, 5, 4, 5, 1, 6]], [[1, 0, 9, 0, 1]]]
    for _ in range(16):
        cases.append([[rng.randint(0, 9) for _ in range(rng.randint(2, 25))]])
    return cases


def sized(rng, n):
    return [list(range(1, n + 1))]
