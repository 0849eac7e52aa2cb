"""References of common_values: best O(n) by sets, good O(n log n) by sorting, naive O(n^2)."""


def _check(left, right):
    for numbers in (left, right):
        if not isinstance(numbers, list) or not all(isinstance(x, int) for x in numbers):
            raise TypeError("left and right must be lists of integers")
        if numbers and min(numbers) < 0:
            raise ValueError("a value must not be negative")


def best(left: list[int], right: list[int]) -> list[int]:
    """List the values that two lists share.

    Args:
        left: The first list, 0 to 10^5 integers in any order, repeats allowed.
        right: The second list, of the same kind.

    Returns:
        The values that are in both lists.

    Raises:
        TypeError: If `left` or `right` is not a list, or holds anything but integers.
        ValueError: If a value is negative.
    """
    _check(left, right)
    return list(set(left) & set(right))


def good(left, right):
    _check(left, right)
    left, right = sorted(left), sorted(right)
    common, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] == right[j]:
            common.append(left[i])
        if left[i] <= right[j]:
            i += 1
        else:
            j += 1
    return common


def naive(left, right):
    _check(left, right)
    return [x for x in left if any(x == y for y in right)]


def inputs(rng):
    cases = [[[], []], [[1], []], [[], [1]], [[1], [1]], [[1, 1], [1, 1, 1]], [[1, 2], [3, 4]], [[5, 0, 3], [3, 5, 9]], [[10**18], [10**18, 0]], [[0, 0], [0]]]
    for _ in range(16):
        cases.append([[rng.randint(0, 15) for _ in range(rng.randint(0, 15))] for _ in range(2)])
    return cases


def sized(rng, n):
    return [list(range(n)), list(range(n, 2 * n))]
