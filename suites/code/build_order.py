"""References of build_order: best O((n + m) log n) with a heap, good O(n^2) by the least of a set, naive O(n^2 m)."""
import heapq


def _check(count, needs):
    if not isinstance(count, int) or not isinstance(needs, list):
        raise TypeError("count must be an integer, needs a list")
    if not all(isinstance(pair, list) and all(isinstance(x, int) for x in pair) for pair in needs):
        raise TypeError("needs must be a list of lists of integers")
    if count < 1 or any(len(pair) != 2 or min(pair) < 0 or max(pair) >= count for pair in needs):
        raise ValueError("count must be positive, and every pair two modules")


def best(count: int, needs: list[list[int]]) -> list[int]:
    """Order modules so that each comes after those that it needs.

    Args:
        count: How many modules there are, numbered from 0; 1 to 10^4.
        needs: Pairs [module, needed]: the module can be built only after the one that it needs; 0 to 10^5
            pairs, repeats allowed.

    Returns:
        The unique order.

    Raises:
        TypeError: If `count` is not an integer, `needs` is not an array, or a pair is not an array of
            integers.
        ValueError: If `count` is below 1, a pair has not exactly two numbers or names a module that does
            not exist, or modules need each other in a circle (also a module that needs itself).
    """
    _check(count, needs)
    users, missing = [[] for _ in range(count)], [0] * count
    for module, needed in needs:
        users[needed].append(module)
        missing[module] += 1
    ready = [module for module in range(count) if missing[module] == 0]
    order = []
    while ready:
        order.append(heapq.heappop(ready))
        for module in users[order[-1]]:
            missing[module] -= 1
            if missing[module] == 0:
                heapq.heappush(ready, module)
    if len(order) < count:
        raise ValueError("the modules need each other in a circle")
    return order


def good(count, needs):
    _check(count, needs)
    missing, users = {}, {}
    for module, needed in needs:
        missing.setdefault(module, set()).add(needed)
        users.setdefault(needed, set()).add(module)
    ready = {module for module in range(count) if module not in missing}
    order = []
    while ready:
        module = min(ready)
        ready.remove(module)
        order.append(module)
        for user in users.get(module, ()):
            missing[user].remove(module)
            if not missing[user]:
                ready.add(user)
    if len(order) < count:
        raise ValueError("the modules need each other in a circle")
    return order


def naive(count, needs):
    _check(count, needs)
    order = []
    while len(order) < count:
        for module in range(count):
            if module not in order and all(needed in order for user, needed in needs if user == module):
                order.append(module)
                break
        else:
            raise ValueError("the modules need each other in a circle")
    return order


def inputs(rng):
    cases = [[1, []], [3, []], [2, [[0, 1]]], [2, [[1, 0]]], [2, [[0, 1], [0, 1]]], [4, [[0, 3], [3, 2], [2, 1]]], [5, [[1, 0], [2, 0], [3, 1], [3, 2], [4, 3]]], [3, [[0, 2]]]]
    for _ in range(16):
        count = rng.randint(2, 9)
        order = rng.sample(range(count), count)
        needs = []
        for _ in range(rng.randint(0, 12)):
            a, b = sorted(rng.sample(range(count), 2))
            needs.append([order[b], order[a]])
        cases.append([count, needs])
    return cases


def sized(rng, n):
    return [n, [[k, k + 1] for k in range(n - 1)]]
