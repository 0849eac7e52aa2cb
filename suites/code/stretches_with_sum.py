"""References of stretches_with_sum: best O(n) by counting prefix sums, good O(n log n) by halves, naive O(n^2)."""


def _check(changes, target):
    if not isinstance(changes, list) or not all(isinstance(x, int) for x in changes):
        raise TypeError("changes must be a list of integers")
    if not isinstance(target, int):
        raise TypeError("target must be an integer")
    if any(abs(x) > 10**6 for x in changes):
        raise ValueError("every change must be from -10^6 to 10^6")


def best(changes: list[int], target: int) -> int:
    """Count the stretches whose changes add up to a target.

    Args:
        changes: The daily changes of a balance, 0 to 10^5 integers from -10^6 to 10^6.
        target: The wanted total change, from -10^11 to 10^11.

    Returns:
        The number of stretches.

    Raises:
        TypeError: If `changes` is not a list, or holds anything but integers, or `target` is not an
            integer.
        ValueError: If a change is below -10^6 or above 10^6.
    """
    _check(changes, target)
    seen, balance, count = {0: 1}, 0, 0
    for x in changes:
        balance += x
        count += seen.get(balance - target, 0)
        seen[balance] = seen.get(balance, 0) + 1
    return count


def good(changes, target):
    _check(changes, target)
    prefix = [0]
    for x in changes:
        prefix.append(prefix[-1] + x)

    def count(low, high):  # pairs of positions within [low, high)
        if high - low < 2:
            return 0
        middle = (low + high) // 2
        total = count(low, middle) + count(middle, high)
        times = {}
        for value in prefix[low:middle]:
            times[value] = times.get(value, 0) + 1
        return total + sum(times.get(value - target, 0) for value in prefix[middle:high])

    return count(0, len(prefix))


def naive(changes, target):
    _check(changes, target)
    count = 0
    for i in range(len(changes)):
        total = 0
        for x in changes[i:]:
            total += x
            count += total == target
    return count


def inputs(rng):
    cases = [[[], 0], [[0], 0], [[1], 1], [[1], 2], [[0, 0, 0], 0], [[1, -1, 1, -1], 0], [[5, 5, 5], 10], [[10**6] * 5, 3 * 10**6], [[-10**6] * 3, -10**6], [[1, 2, 3, 4, 5], 9]]
    for _ in range(16):
        cases.append([[rng.randint(-4, 4) for _ in range(rng.randint(2, 30))], rng.randint(-6, 6)])
    return cases


def sized(rng, n):
    return [[rng.randint(-3, 3) for _ in range(n)], 5]
