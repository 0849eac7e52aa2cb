"""References of next_arrangement: best O(n) by one exchange, good O(n^2 log n) by sorting longer and longer ends, naive over all arrangements."""
import itertools


def _check(digits):
    if not isinstance(digits, list) or not all(isinstance(x, int) for x in digits):
        raise TypeError("digits must be a list of integers")
    if not digits or min(digits) < 0 or max(digits) > 9:
        raise ValueError("digits must hold at least one value, all from 0 to 9")


def best(digits: list[int]) -> list[int]:
    """Find the next arrangement of digits.

    Args:
        digits: The present arrangement, 1 to 10^5 integers from 0 to 9, repeats allowed.

    Returns:
        The arrangement that follows.

    Raises:
        TypeError: If `digits` is not a list, or holds anything but integers.
        ValueError: If `digits` is empty, or a value is below 0 or above 9.
    """
    _check(digits)
    result = list(digits)
    i = len(result) - 2
    while i >= 0 and result[i] >= result[i + 1]:
        i -= 1
    if i >= 0:
        j = len(result) - 1
        while result[j] <= result[i]:
            j -= 1
        result[i], result[j] = result[j], result[i]
    result[i + 1:] = reversed(result[i + 1:])
    return result


def good(digits):
    _check(digits)
    for i in range(len(digits) - 2, -1, -1):
        rest = sorted(digits[i:])
        greater = [x for x in rest if x > digits[i]]
        if greater:
            rest.remove(greater[0])
            return digits[:i] + [greater[0]] + rest
    return sorted(digits)


def naive(digits):
    _check(digits)
    every = sorted(set(itertools.permutations(digits)))
    return list(every[(every.index(tuple(digits)) + 1) % len(every)])


def inputs(rng):
    cases = [[[0]], [[9]], [[1, 2]], [[2, 1]], [[1, 1]], [[1, 2, 3]], [[3, 2, 1]], [[1, 3, 2]], [[1, 1, 5]], [[2, 3, 1, 3, 3]], [[0, 0, 0]], [[1, 5, 1]]]
    for _ in range(16):
        cases.append([[rng.randint(0, 5) for _ in range(rng.randint(2, 6))]])
    return cases


def sized(rng, n):
    return [[k % 10 for k in range(n, 0, -1)]]
