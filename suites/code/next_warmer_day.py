"""References of next_warmer_day: best O(n) with a stack of waiting days, good O(200 n) by the last day of each temperature, naive O(n^2)."""


def _check(temperatures):
    if not isinstance(temperatures, list) or not all(isinstance(x, int) for x in temperatures):
        raise TypeError("temperatures must be a list of integers")
    if not temperatures:
        raise ValueError("temperatures must not be empty")
    if min(temperatures) < -100 or max(temperatures) > 100:
        raise ValueError("every temperature must be from -100 to 100")


def best(temperatures: list[int]) -> list[int]:
    """Tell for each day how long it takes until a warmer one.

    Args:
        temperatures: One temperature for each day, 1 to 10^5 integers from -100 to 100.

    Returns:
        The number of days to wait for each day, 0 where no warmer day follows.

    Raises:
        TypeError: If `temperatures` is not a list, or holds anything but integers.
        ValueError: If `temperatures` is empty, or a temperature is below -100 or above 100.
    """
    _check(temperatures)
    waits = [0] * len(temperatures)
    waiting = []
    for day, now in enumerate(temperatures):
        while waiting and temperatures[waiting[-1]] < now:
            earlier = waiting.pop()
            waits[earlier] = day - earlier
        waiting.append(day)
    return waits


def good(temperatures):
    _check(temperatures)
    waits = [0] * len(temperatures)
    next_day = {}
    for day in range(len(temperatures) - 1, -1, -1):
        later = [next_day[t] for t in range(temperatures[day] + 1, 101) if t in next_day]
        if later:
            waits[day] = min(later) - day
        next_day[temperatures[day]] = day
    return waits


def naive(temperatures):
    _check(temperatures)
    waits = []
    for day in range(len(temperatures)):
        wait = 0
        for later in range(day + 1, len(temperatures)):
            if temperatures[later] > temperatures[day]:
                wait = later - day
                break
        waits.append(wait)
    return waits


def inputs(rng):
    cases = [[[5]], [[1, 2]], [[2, 1]], [[3, 3, 3]], [[100, -100, 100]], [[-100, 100]], [list(range(10))], [list(range(10, 0, -1))], [[1, 1, 2, 2, 1, 3]]]
    for _ in range(16):
        cases.append([[rng.randint(-10, 10) for _ in range(rng.randint(2, 30))]])
    return cases


def sized(rng, n):
    return [[50 - 100 * k // n for k in range(n)]]  # it only gets colder
