"""References of first_not_less: best O(q log n) by the library, good the same by hand, naive O(q n)."""
import bisect


def _check(numbers):
    if any(a > b for a, b in zip(numbers, numbers[1:])):
        raise ValueError("numbers must be sorted")


def best(numbers: list[int], queries: list[int]) -> list[int]:
    """Look up where values belong in a sorted list.

    Args:
        numbers: The sorted values, 0 to 10^5 integers in ascending order, repeats allowed, any 64-bit
            values.
        queries: The values to look up, 0 to 10^5 integers, any 64-bit values.

    Returns:
        The position of the first value that is not less, for each query.

    Raises:
        ValueError: If `numbers` is not in ascending order, also where there are no queries.
    """
    _check(numbers)
    return [bisect.bisect_left(numbers, query) for query in queries]


def good(numbers, queries):
    _check(numbers)
    positions = []
    for query in queries:
        low, high = 0, len(numbers)
        while low < high:
            middle = low + (high - low) // 2
            if numbers[middle] < query:
                low = middle + 1
            else:
                high = middle
        positions.append(low)
    return positions


def naive(numbers, queries):
    _check(numbers)
    positions = []
    for query in queries:
        k = 0
        while k < len(numbers) and numbers[k] < query:
            k += 1
        positions.append(k)
    return positions


def inputs(rng):
    least, most = -2**63, 2**63 - 1
    cases = [[[], []], [[], [1]], [[5], []], [[5], [4, 5, 6]], [[1, 1, 1], [0, 1, 2]], [[least, most], [least, 0, most]], [[1, 3, 5, 7], [4, 5, 8, 0]], [[-3, -3, -1], [-3, -2, -1, 0]]]
    for _ in range(16):
        cases.append([sorted(rng.randint(-20, 20) for _ in range(rng.randint(1, 20))), [rng.randint(-25, 25) for _ in range(rng.randint(1, 10))]])
    return cases


def sized(rng, n):
    return [list(range(n)), [n - k % 10 for k in range(n)]]
