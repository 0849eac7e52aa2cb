"""References of critical_cables: best O(n + m) by cancelling marks, good O(n + m) by Tarjan, naive O(n m)."""


def _check(count, cables):
    if not isinstance(count, int) or not isinstance(cables, list):
        raise TypeError("count must be an integer, cables a list")
    if not all(isinstance(pair, list) and all(isinstance(x, int) for x in pair) for pair in cables):
        raise TypeError("cables must be a list of lists of integers")
    if count < 1 or any(len(pair) != 2 or min(pair) < 0 or max(pair) >= count or pair[0] == pair[1] for pair in cables):
        raise ValueError("count must be positive, and every cable a pair of different computers")
    if len({tuple(sorted(pair)) for pair in cables}) < len(cables):
        raise ValueError("two cables connect the same computers")


def best(count: int, cables: list[list[int]]) -> list[list[int]]:
    """Find the cables whose loss would split a network.

    Args:
        count: How many computers there are, numbered from 0; 1 to 10^4.
        cables: Pairs [a, b] of different computers that are connected, 0 to 10^5 of them; no two cables
            connect the same two computers.

    Returns:
        The critical cables.

    Raises:
        TypeError: If `count` is not an integer, `cables` is not a list, or a cable is not a list of
            integers.
        ValueError: If `count` is below 1, a cable has not exactly two numbers, names a computer that does
            not exist or connects one with itself, or two cables connect the same computers, in either
            order.
    """
    _check(count, cables)
    near = {k: [] for k in range(count)}
    for k, (a, b) in enumerate(cables):
        near[a].append((b, k))
        near[b].append((a, k))
    parent, order = {}, []
    for start in range(count):
        if start not in parent:
            parent[start] = (start, None)
            stack = [start]
            while stack:
                here = stack.pop()
                order.append(here)
                for other, k in near[here]:
                    if other not in parent:
                        parent[other] = (here, k)
                        stack.append(other)
    # Cables outside the forest cover the path between their ends: what they mark at both ends cancels above their meeting.
    marks, tree = dict.fromkeys(range(count), 0), {k for _, k in parent.values()}
    for k, (a, b) in enumerate(cables):
        if k not in tree:
            marks[a] ^= 1 << k
            marks[b] ^= 1 << k
    critical = []
    for here in reversed(order):
        above, k = parent[here]
        if k is not None:
            marks[above] ^= marks[here]
            if marks[here] == 0:
                critical.append(cables[k])
    return critical


def good(count, cables):
    _check(count, cables)
    near = [[] for _ in range(count)]
    for k, (a, b) in enumerate(cables):
        near[a].append((b, k))
        near[b].append((a, k))
    # Tarjan (1974): a cable to a subtree is critical if nothing below reaches back above it.
    order, lowest, critical = [-1] * count, [0] * count, []
    now = 0
    for start in range(count):
        if order[start] >= 0:
            continue
        order[start] = lowest[start] = now
        now += 1
        stack = [(start, -1, iter(near[start]))]
        while stack:
            here, by, rest = stack[-1]
            for other, k in rest:
                if k == by:
                    continue
                if order[other] < 0:
                    order[other] = lowest[other] = now
                    now += 1
                    stack.append((other, k, iter(near[other])))
                    break
                lowest[here] = min(lowest[here], order[other])
            else:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    lowest[above] = min(lowest[above], lowest[here])
                    if lowest[here] > order[above]:
                        critical.append(cables[by])
    return critical


def naive(count, cables):
    _check(count, cables)

    def groups(left):
        label = list(range(count))
        for a, b in left:
            old, new = label[a], label[b]
            if old != new:
                label = [new if x == old else x for x in label]
        return len(set(label))

    before = groups(cables)
    return [cable for k, cable in enumerate(cables) if groups(cables[:k] + cables[k + 1:]) > before]


def inputs(rng):
    cases = [[1, []], [2, []], [2, [[0, 1]]], [2, [[1, 0]]], [3, [[0, 1], [1, 2], [2, 0]]], [4, [[0, 1], [1, 2], [2, 0], [1, 3]]], [5, [[0, 1], [3, 4]]], [6, [[0, 1], [1, 2], [2, 0], [3, 4], [4, 5], [5, 3], [0, 3]]]]
    for _ in range(18):
        count = rng.randint(3, 9)
        pairs = [[a, b] for a in range(count) for b in range(a)]
        cases.append([count, rng.sample(pairs, rng.randint(1, min(len(pairs), count + 1)))])
    return cases


def sized(rng, n):
    ring = [[k, k + 1] for k in range(n - 1)]
    return [n, ring + [[k, k + 2] for k in range(0, n - 2, 4)]]
