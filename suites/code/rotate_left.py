"""References of rotate_left: best O(n) by slices, good O(n) by positions, naive O(n * steps)."""


def _check(items, steps):
    if not isinstance(items, list) or not all(isinstance(x, int) for x in items):
        raise TypeError("items must be a list of integers")
    if not isinstance(steps, int):
        raise TypeError("steps must be an integer")
    if abs(steps) > 10**18:
        raise ValueError("steps must be from -10^18 to 10^18")


def best(items: list[int], steps: int) -> list[int]:
    """Rotate a list to the left.

    Args:
        items: The list to rotate, 0 to 10^5 integers.
        steps: How far to rotate; negative: to the right; from -10^18 to 10^18.

    Returns:
        The rotated list.

    Raises:
        TypeError: If `items` is not a list, or holds anything but integers, or `steps` is not an integer.
        ValueError: If `steps` is below -10^18 or above 10^18.
    """
    _check(items, steps)
    if not items:
        return []
    cut = steps % len(items)
    return items[cut:] + items[:cut]


def good(items, steps):
    _check(items, steps)
    return [items[(k + steps) % len(items)] for k in range(len(items))]


def naive(items, steps):
    _check(items, steps)
    result = list(items)
    for _ in range(steps % len(items) if items else 0):
        moved = result[0]
        for k in range(1, len(result)):
            result[k - 1] = result[k]
        result[-1] = moved
    return result


def inputs(rng):
    cases = [[[], 0], [[], 7], [[1], 5], [[1, 2], 0], [[1, 2], 1], [[1, 2, 3], 3], [[1, 2, 3], 4], [[1, 2, 3], -1], [[1, 2, 3], -4], [[1, 2, 3, 4, 5], 10**18], [[1, 2, 3], -10**18], [[4, 4, 4], 2]]
    for _ in range(16):
        size = rng.randint(1, 15)
        cases.append([[rng.randint(0, 9) for _ in range(size)], rng.randint(-40, 40)])
    return cases


def sized(rng, n):
    return [[rng.randint(0, n) for _ in range(n)], n // 2]
