"""References of fewest_trials: best O(samples * log floors) by binomial coefficients, good O(samples * drops), naive O(samples * floors^2)."""


def _check(samples, floors):
    if not isinstance(samples, int) or not isinstance(floors, int):
        raise TypeError("samples and floors must be integers")
    if not 1 <= samples <= 100 or not 0 <= floors <= 10**15:
        raise ValueError("samples must be from 1 to 100, floors from 0 to 10^15")


def best(samples: int, floors: int) -> int:
    """Find the strength of glass with few drops.

    Args:
        samples: How many samples of the glass there are, 1 to 100.
        floors: How many floors the tower has, 0 to 10^15.

    Returns:
        The least number of drops that is enough in the worst case.

    Raises:
        TypeError: If `samples` or `floors` is not an integer.
        ValueError: If `samples` is not from 1 to 100, or `floors` is not from 0 to 10^15.
    """
    _check(samples, floors)

    def decided(drops):  # how many floors `drops` drops can tell apart: sum of binomial coefficients, up to `floors`
        total, term = 0, 1
        for k in range(1, min(samples, drops) + 1):
            term = term * (drops - k + 1) // k
            total += term
            if total >= floors:
                break
        return total

    low, high = 0, 1
    while decided(high) < floors:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        if decided(middle) < floors:
            low = middle + 1
        else:
            high = middle
    return low


def good(samples, floors):
    _check(samples, floors)
    decided, drops = [0] * (samples + 1), 0
    while decided[samples] < floors:
        drops += 1
        for k in range(samples, 0, -1):
            decided[k] += decided[k - 1] + 1
    return drops


def naive(samples, floors):
    _check(samples, floors)
    least = list(range(floors + 1))  # with one sample, floor by floor
    for _ in range(samples - 1):
        after = [0]
        for n in range(1, floors + 1):
            after.append(1 + min(max(least[x - 1], after[n - x]) for x in range(1, n + 1)))
        if after == least:
            break
        least = after
    return least[floors]


def inputs(rng):
    cases = [[1, 0], [1, 1], [1, 10], [2, 0], [2, 1], [2, 2], [2, 10], [3, 14], [2, 36], [2, 37], [100, 60], [100, 1], [4, 30], [3, 25]]
    for _ in range(14):
        cases.append([rng.randint(1, 8), rng.randint(1, 60)])
    return cases


def sized(rng, n):
    return [2, n]
