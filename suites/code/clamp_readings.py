"""References of clamp_readings: one pass each; naive sorts three values for each reading."""


def _check(readings, low, high):
    if not isinstance(readings, list) or not all(isinstance(x, int) for x in readings + [low, high]):
        raise TypeError("readings must be a list of integers, low and high integers")
    if low > high:
        raise ValueError("low must not exceed high")


def best(readings: list[int], low: int, high: int) -> list[int]:
    """Limit sensor readings to a range.

    Args:
        readings: What a sensor reported, 0 to 10^5 integers.
        low: The least value to keep.
        high: The greatest value to keep, at least low.

    Returns:
        The readings in the same order, each between the two limits.

    Raises:
        TypeError: If `readings` is not a list, or holds anything but integers, or `low` or `high` is not an
            integer.
        ValueError: If `low` is greater than `high`, also where there are no readings.
    """
    _check(readings, low, high)
    return [min(max(x, low), high) for x in readings]


def good(readings, low, high):
    _check(readings, low, high)
    result = []
    for x in readings:
        result.append(low if x < low else high if x > high else x)
    return result


def naive(readings, low, high):
    _check(readings, low, high)
    return [sorted([low, x, high])[1] for x in readings]


def inputs(rng):
    cases = [[[], 0, 1], [[5], 5, 5], [[4], 5, 5], [[6], 5, 5], [[-3, 0, 3], -1, 1], [[1, 1, 1], 2, 9], [[10**18, -10**18], -5, 5], [[1, 2, 3], 1, 3]]
    for _ in range(16):
        low, high = sorted(rng.randint(-30, 30) for _ in range(2))
        cases.append([[rng.randint(-40, 40) for _ in range(rng.randint(1, 20))], low, high])
    return cases


def sized(rng, n):
    return [[rng.randint(-n, n) for _ in range(n)], -n // 2, n // 2]
