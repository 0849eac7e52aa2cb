"""References of smallest_missing_positive: best O(n) by hashing, good O(n log n) by sorting, naive O(n^2)."""


def _check(numbers):
    if not numbers:
        raise ValueError("numbers must not be empty")
    if min(numbers) < 0:
        raise IndexError("a number must not be negative")


def best(numbers: list[int]) -> int:
    """Find the smallest positive number that is not taken.

    Args:
        numbers: The numbers that are taken, 1 to 10^5 integers in any order, from 0 to 2^63 - 1, repeats
            allowed.

    Returns:
        The smallest positive number that does not occur.

    Raises:
        ValueError: If `numbers` is empty.
        IndexError: If a number is negative.
    """
    _check(numbers)
    taken = set(numbers)
    k = 1
    while k in taken:
        k += 1
    return k


def good(numbers):
    _check(numbers)
    k = 1
    for x in sorted(numbers):
        if x == k:
            k += 1
    return k


def naive(numbers):
    _check(numbers)
    k = 1
    while k in numbers:
        k += 1
    return k


def inputs(rng):
    cases = [[[1]], [[2]], [[0]], [[0, 0]], [[1, 1, 1]], [[3, 4, 0, 1]], [[2, 1]], [[5, 4, 3, 2, 1]], [[2**63 - 1, 2**62, 1]], [[0, 2, 2, 1]], [list(range(6))]]
    for _ in range(16):
        cases.append([[rng.randint(0, 12) for _ in range(rng.randint(2, 25))]])
    return cases


def sized(rng, n):
    numbers = list(range(1, n + 1))
    rng.shuffle(numbers)
    return [numbers]
