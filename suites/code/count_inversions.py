"""References of count_inversions: best O(n log n) by merging, good O(n log n) with a Fenwick tree, naive O(n^2)."""


def _check(ranks):
    if not ranks:
        raise ValueError("ranks must not be empty")
    if min(ranks) < 0:
        raise IndexError("a rank must not be negative")


def best(ranks: list[int]) -> int:
    """Count the pairs that are in the wrong order.

    Args:
        ranks: The ranks in order of arrival, 1 to 2*10^5 integers from 0 to 2^63 - 1, repeats allowed.

    Returns:
        The number of pairs.

    Raises:
        ValueError: If `ranks` is empty.
        IndexError: If a rank is negative.
    """
    _check(ranks)
    order, count = list(ranks), 0
    width = 1
    while width < len(order):
        merged = []
        for begin in range(0, len(order), 2 * width):
            left, right = order[begin:begin + width], order[begin + width:begin + 2 * width]
            i = 0
            for y in right:
                while i < len(left) and left[i] <= y:
                    merged.append(left[i])
                    i += 1
                count += len(left) - i
                merged.append(y)
            merged += left[i:]
        order, width = merged, 2 * width
    return count


def good(ranks):
    _check(ranks)
    place = {x: k + 1 for k, x in enumerate(sorted(set(ranks)))}
    tree, count = [0] * (len(place) + 1), 0
    for k, x in enumerate(ranks):
        count += k
        at = place[x]
        while at > 0:
            count -= tree[at]
            at -= at & -at
        at = place[x]
        while at < len(tree):
            tree[at] += 1
            at += at & -at
    return count


def naive(ranks):
    _check(ranks)
    count = 0
    for j in range(len(ranks)):
        for i in range(j):
            if ranks[i] > ranks[j]:
                count += 1
    return count


def inputs(rng):
    cases = [[[0]], [[1, 2]], [[2, 1]], [[1, 1]], [[3, 2, 1]], [[1, 2, 3]], [[5, 5, 5, 1]], [[2**63 - 1, 0]], [list(range(20, 0, -1))], [[2, 4, 1, 3, 5]]]
    for _ in range(16):
        cases.append([[rng.randint(0, 20) for _ in range(rng.randint(2, 25))]])
    return cases


def sized(rng, n):
    return [list(range(n, 0, -1))]
