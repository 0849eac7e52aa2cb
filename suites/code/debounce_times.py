"""References of debounce_times: best O(n) by the next event, good O(n) by simulation, naive O(n^2)."""


def _check(times, wait):
    if not isinstance(times, list) or not all(isinstance(x, int) for x in times):
        raise TypeError("times must be a list of integers")
    if not isinstance(wait, int):
        raise TypeError("wait must be an integer")
    if wait < 1 or any(x < 0 for x in times) or any(a > b for a, b in zip(times, times[1:])):
        raise ValueError("wait must be positive, times sorted and not negative")


def best(times: list[int], wait: int) -> list[int]:
    """Tell when a debounced handler runs.

    Args:
        times: When the events came, in milliseconds, 0 to 10^5 integers from 0 to 10^12, each at least as
            great as the one before it.
        wait: How long it must be quiet, 1 to 10^9 milliseconds.

    Returns:
        The times at which the handler runs.

    Raises:
        TypeError: If `times` is not an array, or holds anything but integers (numbers for which
            `Number.isInteger` holds), or `wait` is not an integer.
        ValueError: If `wait` is below 1, a time is negative, or `times` is not in ascending order.
    """
    _check(times, wait)
    return [t + wait for k, t in enumerate(times) if k + 1 == len(times) or times[k + 1] >= t + wait]


def good(times, wait):
    _check(times, wait)
    runs, due = [], None
    for t in times:
        if due is not None and t >= due:
            runs.append(due)
        due = t + wait
    return runs + ([due] if due is not None else [])


def naive(times, wait):
    _check(times, wait)
    runs = []
    for k, t in enumerate(times):
        if not [later for later in times[k + 1:] if later < t + wait]:
            runs.append(t + wait)
    return runs


def inputs(rng):
    cases = [[[], 1], [[0], 1], [[0, 0], 1], [[0, 1], 1], [[0, 1], 2], [[5, 5, 5], 10], [[0, 100, 200], 100], [[0, 99, 198], 100], [[10**12], 10**9], [[1, 2, 3, 10, 11, 30], 5]]
    for _ in range(16):
        t, times = 0, []
        for _ in range(rng.randint(2, 15)):
            t += rng.choice([0, 1, 5, 9, 10, 11, 30])
            times.append(t)
        cases.append([times, rng.choice([1, 5, 10, 12])])
    return cases


def sized(rng, n):
    return [list(range(0, 7 * n, 7)), 20]
