"""References of trimmed_mean: best one pass, good sorts, naive removes."""
import math


def _check(values):
    if not isinstance(values, list) or not all(isinstance(x, (int, float)) for x in values):
        raise TypeError("values must be a list of numbers")
    if len(values) < 3:
        raise ValueError("at least three values are needed")
    if not all(math.isfinite(x) for x in values):
        raise ValueError("every value must be finite")


def best(values: list[float]) -> float:
    """Average marks without the smallest and the greatest.

    Args:
        values: The marks of the judges, 3 to 10^4 finite numbers (integers or floats) in any order.

    Returns:
        The mean of the remaining marks.

    Raises:
        TypeError: If `values` is not a list, or holds anything but numbers.
        ValueError: If `values` holds fewer than three numbers, or a NaN or an infinity.
    """
    _check(values)
    return (math.fsum(values) - min(values) - max(values)) / (len(values) - 2)


def good(values):
    _check(values)
    inner = sorted(values)[1:-1]
    return math.fsum(inner) / len(inner)


def naive(values):
    _check(values)
    rest = list(values)
    rest.remove(min(rest))
    rest.remove(max(rest))
    total = 0.0
    for x in rest:
        total += x
    return total / len(rest)


def inputs(rng):
    cases = [[[1, 2, 3]], [[1.0, 1.0, 1.0]], [[3, 2, 1]], [[0, 0, 10]], [[-1.5, -2.5, -3.5, -4.5]], [[1, 1, 9, 9]], [[1000000.0, 0.25, -1000000.0]], [[5, 5, 5, 5, 6]]]
    for _ in range(16):
        cases.append([[round(rng.uniform(0, 10), 2) for _ in range(rng.randint(3, 20))]])
    return cases


def sized(rng, n):
    return [[rng.random() for _ in range(n)]]
