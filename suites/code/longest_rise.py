"""References of longest_rise: best O(n log n) by binary search, good O(n log n) with a Fenwick tree, naive O(n^2)."""
import bisect


def _check(heights):
    if not isinstance(heights, list) or not all(isinstance(x, int) for x in heights):
        raise TypeError("heights must be a list of integers")
    if any(abs(x) > 10**9 for x in heights):
        raise ValueError("every height must be from -10^9 to 10^9")


def best(heights: list[int]) -> int:
    """Find the longest strictly rising choice of heights.

    Args:
        heights: The heights along a path, 0 to 10^5 integers from -10^9 to 10^9.

    Returns:
        The greatest number of entries.

    Raises:
        TypeError: If `heights` is not a list, or holds anything but integers.
        ValueError: If a height is below -10^9 or above 10^9.
    """
    _check(heights)
    least_end = []  # least_end[k]: the least height at which a choice of k + 1 entries ends
    for x in heights:
        k = bisect.bisect_left(least_end, x)
        least_end[k:k + 1] = [x]
    return len(least_end)


def good(heights):
    _check(heights)
    rank = {x: k + 1 for k, x in enumerate(sorted(set(heights)))}
    tree = [0] * (len(rank) + 1)
    longest = 0
    for x in heights:
        k, length = rank[x] - 1, 0
        while k > 0:
            length = max(length, tree[k])
            k -= k & -k
        length += 1
        longest = max(longest, length)
        k = rank[x]
        while k < len(tree):
            tree[k] = max(tree[k], length)
            k += k & -k
    return longest


def naive(heights):
    _check(heights)
    lengths = []
    for k, x in enumerate(heights):
        length = 1
        for i in range(k):
            if heights[i] < x and lengths[i] >= length:
                length = lengths[i] + 1
        lengths.append(length)
    return max(lengths, default=0)


def inputs(rng):
    cases = [[[]], [[5]], [[1, 1]], [[1, 2]], [[2, 1]], [[3, 3, 3, 3]], [list(range(12))], [list(range(12, 0, -1))], [[10, 9, 2, 5, 3, 7, 101, 18]], [[-10**9, 0, 10**9]], [[0, 1, 0, 3, 2, 3]]]
    for _ in range(16):
        cases.append([[rng.randint(-10, 10) for _ in range(rng.randint(2, 25))]])
    return cases


def sized(rng, n):
    return [[rng.randint(-10**9, 10**9) for _ in range(n)]]
