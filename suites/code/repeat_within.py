"""References of repeat_within: best O(n) by a moving set, good O(n) by last positions, naive O(n * distance)."""


def _check(values, distance):
    if not isinstance(values, list) or not all(isinstance(x, int) for x in values):
        raise TypeError("values must be a list of integers")
    if not isinstance(distance, int):
        raise TypeError("distance must be an integer")
    if distance < 0:
        raise ValueError("distance must not be negative")


def best(values: list[int], distance: int) -> bool:
    """Tell whether a value repeats within a distance.

    Args:
        values: The values in order of arrival, 0 to 10^5 integers.
        distance: How far apart two equal values may be, 0 to 10^5.

    Returns:
        True if two equal values are close enough, else False.

    Raises:
        TypeError: If `values` is not a list, or holds anything but integers, or `distance` is not an
            integer.
        ValueError: If `distance` is negative.
    """
    _check(values, distance)
    window = set()
    for k, value in enumerate(values):
        if k > distance:
            window.discard(values[k - distance - 1])
        if distance and value in window:
            return True
        window.add(value)
    return False


def good(values, distance):
    _check(values, distance)
    last = {}
    for k, value in enumerate(values):
        if k - last.get(value, -distance - 1) <= distance:
            return True
        last[value] = k
    return False


def naive(values, distance):
    _check(values, distance)
    for i in range(len(values)):
        for j in range(i + 1, min(i + distance + 1, len(values))):
            if values[i] == values[j]:
                return True
    return False


def inputs(rng):
    cases = [[[], 0], [[], 5], [[1], 1], [[1, 1], 0], [[1, 1], 1], [[1, 2, 1], 1], [[1, 2, 1], 2], [[1, 2, 3, 1], 3], [[1, 2, 3, 1], 2], [[0, 0], 10**5], [[-1, 1], 5], [[5, 1, 2, 5, 3, 1], 3]]
    for _ in range(20):
        span = rng.randint(4, 40)
        cases.append([[rng.randint(0, span) for _ in range(rng.randint(2, 20))], rng.randint(0, 6)])
    return cases


def sized(rng, n):
    values = list(range(n))
    rng.shuffle(values)
    return [values, n]
