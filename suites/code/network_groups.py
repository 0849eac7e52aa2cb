"""References of network_groups: best near O(n) by union-find with halved paths, good O(n log n) by moving the smaller group, naive O(n^2)."""


def _check(count, cables):
    if not isinstance(count, int) or not isinstance(cables, list):
        raise TypeError("count must be an integer, cables a list")
    if not all(isinstance(pair, list) and all(isinstance(x, int) for x in pair) for pair in cables):
        raise TypeError("cables must be a list of lists of integers")
    if count < 1 or any(len(pair) != 2 or min(pair) < 0 or max(pair) >= count for pair in cables):
        raise ValueError("count must be positive, and every cable a pair of computers")


def best(count: int, cables: list[list[int]]) -> list[int]:
    """Count the groups of a growing network.

    Args:
        count: How many computers there are, numbered from 0; 1 to 10^5.
        cables: The cables in the order in which they are laid, 0 to 10^5 pairs [a, b] of computers, repeats
            allowed.

    Returns:
        The number of groups after each cable.

    Raises:
        TypeError: If `count` is not an integer, `cables` is not a list, or a cable is not a list of
            integers.
        ValueError: If `count` is below 1, or a cable has not exactly two numbers or names a computer that
            does not exist.
    """
    _check(count, cables)
    parent, groups, result = list(range(count)), count, []

    def root(x):
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in cables:
        a, b = root(a), root(b)
        if a != b:
            parent[a] = b
            groups -= 1
        result.append(groups)
    return result


def good(count, cables):
    _check(count, cables)
    group = {k: [k] for k in range(count)}
    label, result = list(range(count)), []
    for a, b in cables:
        a, b = label[a], label[b]
        if a != b:
            if len(group[a]) > len(group[b]):
                a, b = b, a
            for x in group[a]:
                label[x] = b
            group[b] += group.pop(a)
        result.append(len(group))
    return result


def naive(count, cables):
    _check(count, cables)
    label, result, groups = list(range(count)), [], count
    for a, b in cables:
        old, new = label[a], label[b]
        if old != new:
            groups -= 1
            label = [new if x == old else x for x in label]
        result.append(groups)
    return result


def inputs(rng):
    cases = [[1, []], [1, [[0, 0]]], [2, []], [2, [[0, 1]]], [2, [[0, 1], [1, 0]]], [3, [[0, 1], [1, 2], [0, 2]]], [5, [[0, 1], [2, 3], [1, 3], [4, 4]]], [10**3, [[0, 999]]]]
    for _ in range(16):
        count = rng.randint(2, 12)
        cases.append([count, [[rng.randrange(count), rng.randrange(count)] for _ in range(rng.randint(1, 20))]])
    return cases


def sized(rng, n):
    order = rng.sample(range(n), n)
    return [n, [[order[rng.randrange(k)], order[k]] for k in range(1, n)]]
