"""References of skyline: best O(n log n) with a heap, good O(n log n) by joining halves, naive O(n^2)."""
import heapq


def _check(buildings):
    if not isinstance(buildings, list):
        raise TypeError("buildings must be a list")
    if not all(isinstance(x, list) and all(isinstance(y, int) for y in x) for x in buildings):
        raise TypeError("a building must be a list of integers")
    for building in buildings:
        if len(building) != 3 or not 0 <= building[0] < building[1] <= 10**9 or not 1 <= building[2] <= 10**9:
            raise ValueError("a building must be [left, right, height] with 0 <= left < right <= 10^9 and a positive height")


def best(buildings: list[list[int]]) -> list[list[int]]:
    """Draw the skyline of buildings.

    Args:
        buildings: The buildings as triples [left, right, height], 0 to 10^4 of them in any order, with 0 <=
            left < right <= 10^9 and 1 <= height <= 10^9.

    Returns:
        The points at which the height changes.

    Raises:
        TypeError: If `buildings` is not a list, or a building is not a list of integers.
        ValueError: If a building has not exactly three numbers, not 0 <= left < right <= 10^9, or a height
            that is not from 1 to 10^9.
    """
    _check(buildings)
    points, standing = [], []  # standing: (-height, right)
    events = sorted([(left, -height, right) for left, right, height in buildings] + [(right, 0, 0) for _, right, _ in buildings])
    for k, (x, height, right) in enumerate(events):
        if height:
            heapq.heappush(standing, (height, right))
        if k + 1 < len(events) and events[k + 1][0] == x:
            continue
        while standing and standing[0][1] <= x:
            heapq.heappop(standing)
        now = -standing[0][0] if standing else 0
        if now != (points[-1][1] if points else 0):
            points.append([x, now])
    return points


def good(buildings):
    _check(buildings)

    def joined(low, high):
        if high - low == 0:
            return []
        if high - low == 1:
            left, right, height = buildings[low]
            return [[left, height], [right, 0]]
        a, b = joined(low, (low + high) // 2), joined((low + high) // 2, high)
        i = j = height_a = height_b = 0
        points = []
        while i < len(a) or j < len(b):
            x = min(a[i][0] if i < len(a) else 10**10, b[j][0] if j < len(b) else 10**10)
            if i < len(a) and a[i][0] == x:
                height_a, i = a[i][1], i + 1
            if j < len(b) and b[j][0] == x:
                height_b, j = b[j][1], j + 1
            if max(height_a, height_b) != (points[-1][1] if points else 0):
                points.append([x, max(height_a, height_b)])
        return points

    return joined(0, len(buildings))


def naive(buildings):
    _check(buildings)
    points, before = [], 0
    for x in sorted({x for left, right, _ in buildings for x in (left, right)}):
        now = max((height for left, right, height in buildings if left <= x < right), default=0)
        if now != before:
            points.append([x, now])
        before = now
    return points


def inputs(rng):
    cases = [[[]], [[[0, 1, 1]]], [[[0, 5, 3], [5, 8, 3]]], [[[0, 5, 3], [5, 8, 4]]], [[[0, 5, 3], [6, 8, 3]]], [[[0, 9, 2], [2, 4, 5]]], [[[1, 5, 4]] * 3], [[[0, 10**9, 10**9]]], [[[2, 9, 10], [3, 7, 15], [5, 12, 12], [15, 20, 10], [19, 24, 8]]], [[[0, 3, 2], [0, 2, 5], [1, 3, 5]]]]
    for _ in range(16):
        buildings = []
        for _ in range(rng.randint(2, 10)):
            left = rng.randint(0, 15)
            buildings.append([left, left + rng.randint(1, 8), rng.randint(1, 6)])
        cases.append([buildings])
    return cases


def sized(rng, n):
    return [[[k, 2 * n - k, k + 1] for k in range(n)]]
