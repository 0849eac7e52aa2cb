"""References of count_at_least: one pass each; naive sorts first."""


def _check(numbers, threshold):
    if not isinstance(numbers, list) or not all(isinstance(x, int) for x in numbers):
        raise TypeError("numbers must be a list of integers")
    if not isinstance(threshold, int):
        raise TypeError("threshold must be an integer")


def best(numbers: list[int], threshold: int) -> int:
    """Count the readings that reach a threshold.

    Args:
        numbers: The readings, 0 to 10^5 integers.
        threshold: The smallest value that counts.

    Returns:
        The number of values that are at least the threshold.

    Raises:
        TypeError: If `numbers` is not a list, or holds anything but integers, or `threshold` is not an
            integer.
    """
    _check(numbers, threshold)
    return sum(x >= threshold for x in numbers)


def good(numbers, threshold):
    _check(numbers, threshold)
    count = 0
    for x in numbers:
        if x >= threshold:
            count += 1
    return count


def naive(numbers, threshold):
    _check(numbers, threshold)
    return len([x for x in sorted(numbers) if x >= threshold])


def inputs(rng):
    cases = [[[], 0], [[5], 5], [[4], 5], [[6], 5], [[-1, -2, -3], -2], [[0] * 10, 0], [[1, 2, 3, 4], 3], [[10**18, -10**18], 0]]
    for _ in range(16):
        cases.append([[rng.randint(-50, 50) for _ in range(rng.randint(1, 40))], rng.randint(-60, 60)])
    return cases


def sized(rng, n):
    return [[rng.randint(-n, n) for _ in range(n)], 0]
