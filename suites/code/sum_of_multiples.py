"""References of sum_of_multiples: best O(1) by sums of series, good O(n / a) by ranges in C, naive O(n)."""
import math


def _check(limit, a, b):
    if not all(isinstance(x, int) for x in (limit, a, b)):
        raise TypeError("limit, a and b must be integers")
    if limit < 0 or a < 1 or b < 1:
        raise ValueError("limit must not be negative, a and b must be positive")


def best(limit: int, a: int, b: int) -> int:
    """Add up the multiples of two divisors below a bound.

    Args:
        limit: The bound, not included, 0 to 10^12.
        a: The first divisor, 1 to 10^6.
        b: The second divisor, 1 to 10^6.

    Returns:
        The sum of the integers that one of the divisors divides.

    Raises:
        TypeError: If `limit`, `a` or `b` is not an integer.
        ValueError: If `limit` is negative, or `a` or `b` is below 1.
    """
    _check(limit, a, b)

    def total(step):
        count = max(limit - 1, 0) // step
        return step * count * (count + 1) // 2

    return total(a) + total(b) - total(math.lcm(a, b))


def good(limit, a, b):
    _check(limit, a, b)
    common = math.lcm(a, b)
    return sum(range(a, limit, a)) + sum(range(b, limit, b)) - sum(range(common, limit, common))


def naive(limit, a, b):
    _check(limit, a, b)
    return sum(x for x in range(1, limit) if x % a == 0 or x % b == 0)


def inputs(rng):
    cases = [[0, 1, 1], [1, 1, 1], [2, 1, 1], [10, 3, 5], [10, 2, 4], [16, 3, 5], [15, 3, 5], [100, 7, 7], [5, 10, 20], [61, 4, 6]]
    for _ in range(16):
        cases.append([rng.randint(0, 500), rng.randint(1, 20), rng.randint(1, 20)])
    return cases


def sized(rng, n):
    return [n, 3, 5]
