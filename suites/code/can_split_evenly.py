"""References of can_split_evenly: best O(n * total / 64) with a bitset, good O(n * total) with a set, naive exponential."""


def _check(weights):
    if not isinstance(weights, list) or not all(isinstance(x, int) for x in weights):
        raise TypeError("weights must be a list of integers")
    if not weights or min(weights) < 1 or max(weights) > 1000:
        raise ValueError("there must be parcels, each of 1 to 1000")


def best(weights: list[int]) -> bool:
    """Tell whether parcels can be split into two equal loads.

    Args:
        weights: The weights of the parcels, 1 to 200 integers from 1 to 1000.

    Returns:
        True if both carts can carry the same weight, else False.

    Raises:
        TypeError: If `weights` is not a list, or holds anything but integers.
        ValueError: If `weights` is empty, or a weight is below 1 or above 1000.
    """
    _check(weights)
    total = sum(weights)
    if total % 2:
        return False
    reachable = 1  # bit x: some parcels weigh x together
    for x in weights:
        reachable |= reachable << x
    return bool(reachable >> total // 2 & 1)


def good(weights):
    _check(weights)
    total = sum(weights)
    reachable = {0}
    for x in weights:
        reachable |= {y + x for y in reachable if y + x <= total // 2}
    return total % 2 == 0 and total // 2 in reachable


def naive(weights):
    _check(weights)

    def split(k, difference):
        if k == len(weights):
            return difference == 0
        return split(k + 1, difference + weights[k]) or split(k + 1, difference - weights[k])

    return split(0, 0)


def inputs(rng):
    cases = [[[1]], [[2]], [[1, 1]], [[1, 2]], [[1, 2, 3]], [[1, 5, 11, 5]], [[1, 2, 3, 5]], [[1000, 1000]], [[3, 3, 3, 3]], [[2, 2, 2]], [[100, 1, 1, 98]], [[1, 1, 4, 10]]]
    for _ in range(16):
        cases.append([[rng.randint(1, 12) for _ in range(rng.randint(2, 9))]])
    return cases


def sized(rng, n):
    return [[1000] + [2] * (n - 1)]  # only the last parcels could tell
