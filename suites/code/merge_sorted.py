"""References of merge_sorted: best O(n) with two positions, good O(n log n) by sorting, naive O(n^2) by insertion."""


def _check(left, right):
    for numbers in (left, right):
        if not isinstance(numbers, list) or not all(isinstance(x, int) for x in numbers):
            raise TypeError("left and right must be lists of integers")
        if any(a > b for a, b in zip(numbers, numbers[1:])):
            raise ValueError("left and right must be sorted")


def best(left: list[int], right: list[int]) -> list[int]:
    """Merge two sorted lists into one.

    Args:
        left: The first list, 0 to 10^5 integers, each at least as great as the one before it.
        right: The second list, of the same kind.

    Returns:
        All values of both lists in ascending order.

    Raises:
        TypeError: If `left` or `right` is not a list, or holds anything but integers.
        ValueError: If `left` or `right` is not sorted in ascending order.
    """
    _check(left, right)
    merged, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    return merged + left[i:] + right[j:]


def good(left, right):
    _check(left, right)
    return sorted(left + right, key=lambda x: (x, 0))


def naive(left, right):
    _check(left, right)
    merged = list(left)
    for x in right:
        k = 0
        while k < len(merged) and merged[k] <= x:
            k += 1
        merged.insert(k, x)
    return merged


def inputs(rng):
    cases = [[[], []], [[1], []], [[], [2]], [[1], [1]], [[2], [1]], [[1, 2, 3], [4, 5]], [[4, 5], [1, 2, 3]], [[0, 0, 0], [0, 0]], [[-5, -1], [-3]], [[-10**18], [10**18]]]
    for _ in range(16):
        cases.append([sorted(rng.randint(-20, 20) for _ in range(rng.randint(0, 15))) for _ in range(2)])
    return cases


def sized(rng, n):
    return [list(range(0, n, 2)), list(range(1, n, 2))]
