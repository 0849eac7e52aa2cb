"""References of cheapest_route: best O(m log n) with a heap, good O(n^2) by scanning, naive O(n m) by relaxing all roads."""
import heapq


def _check(count, roads, start, goal):
    if not all(isinstance(x, int) for x in (count, start, goal)) or not isinstance(roads, list):
        raise TypeError("count, start and goal must be integers, roads a list")
    if not all(isinstance(road, list) and all(isinstance(x, int) for x in road) for road in roads):
        raise TypeError("a road must be a list of integers")
    if count < 1 or not 0 <= start < count or not 0 <= goal < count:
        raise ValueError("count must be positive, start and goal must be towns")
    for road in roads:
        if len(road) != 3 or not 0 <= road[0] < count or not 0 <= road[1] < count or road[2] < 0:
            raise ValueError("a road must be [from, to, price] between towns, its price not negative")


def best(count: int, roads: list[list[int]], start: int, goal: int) -> int:
    """Find the cheapest journey between two towns.

    Args:
        count: How many towns there are, numbered from 0; 1 to 10^4.
        roads: The roads as triples [from, to, price], 0 to 10^5 of them; each can be used in its one
            direction only; prices from 0 to 10^9; several roads between two towns are allowed.
        start: The town where the journey begins.
        goal: The town where it ends.

    Returns:
        The least total price, or -1.

    Raises:
        TypeError: If `count`, `start` or `goal` is not an integer, `roads` is not a list, or a road is not
            a list of integers.
        ValueError: If `count` is below 1, `start` or `goal` is not a town, or a road has not exactly three
            numbers, names a town that does not exist or has a negative price.
    """
    _check(count, roads, start, goal)
    leaving = [[] for _ in range(count)]
    for a, b, price in roads:
        leaving[a].append((b, price))
    least, queue = {}, [(0, start)]
    while queue:
        total, town = heapq.heappop(queue)
        if town in least:
            continue
        if town == goal:
            return total
        least[town] = total
        for after, price in leaving[town]:
            if after not in least:
                heapq.heappush(queue, (total + price, after))
    return -1


def good(count, roads, start, goal):
    _check(count, roads, start, goal)
    leaving = {}
    for a, b, price in roads:
        leaving.setdefault(a, []).append((b, price))
    least, done = {start: 0}, set()
    while True:
        open_towns = [town for town in least if town not in done]
        if not open_towns:
            return least.get(goal, -1)
        town = min(open_towns, key=least.get)
        done.add(town)
        for after, price in leaving.get(town, []):
            if after not in least or least[town] + price < least[after]:
                least[after] = least[town] + price


def naive(count, roads, start, goal):
    _check(count, roads, start, goal)
    least = {start: 0}
    changed = True
    while changed:
        changed = False
        for a, b, price in reversed(roads):
            if a in least and least[a] + price < least.get(b, least[a] + price + 1):
                least[b] = least[a] + price
                changed = True
    return least.get(goal, -1)


def inputs(rng):
    cases = [[1, [], 0, 0], [2, [], 0, 1], [2, [[0, 1, 5]], 0, 1], [2, [[0, 1, 5]], 1, 0], [2, [[0, 1, 5], [0, 1, 3]], 0, 1], [2, [[0, 0, 1]], 0, 0], [3, [[0, 1, 1], [1, 2, 1], [0, 2, 3]], 0, 2],
             [3, [[0, 1, 0], [1, 2, 0]], 0, 2], [4, [[0, 1, 1], [1, 0, 1], [2, 3, 1]], 0, 3], [3, [[0, 1, 10**9], [1, 2, 10**9]], 0, 2]]
    for _ in range(16):
        count = rng.randint(2, 8)
        roads = [[rng.randrange(count), rng.randrange(count), rng.randint(0, 20)] for _ in range(rng.randint(1, 20))]
        cases.append([count, roads, rng.randrange(count), rng.randrange(count)])
    return cases


def sized(rng, n):
    roads = [[k, k + 1, 1] for k in range(n - 1)] + [[k, min(k + 3, n - 1), 5] for k in range(n - 1)]
    return [n, roads, 0, n - 1]
