"""References of window_maxima: best O(n) with a queue, good O(n log n) with a heap, naive O(n * width)."""
import collections
import heapq


def _check(loads, width):
    if not isinstance(loads, list) or not all(isinstance(x, int) for x in loads):
        raise TypeError("loads must be a list of integers")
    if not isinstance(width, int):
        raise TypeError("width must be an integer")
    if not 1 <= width <= len(loads):
        raise ValueError("width must be from 1 to the number of loads")


def best(loads: list[int], width: int) -> list[int]:
    """Find the greatest load in every window.

    Args:
        loads: The load of a machine in each minute, 1 to 10^5 integers.
        width: How many minutes a window has, from 1 to the number of loads.

    Returns:
        The greatest load of each window.

    Raises:
        TypeError: If `loads` is not a list, or holds anything but integers, or `width` is not an integer.
        ValueError: If `width` is below 1 or greater than the number of loads, as it always is for an empty
            list.
    """
    _check(loads, width)
    maxima, candidates = [], collections.deque()  # positions whose loads fall from front to back
    for k, load in enumerate(loads):
        while candidates and loads[candidates[-1]] <= load:
            candidates.pop()
        candidates.append(k)
        if candidates[0] <= k - width:
            candidates.popleft()
        if k + 1 >= width:
            maxima.append(loads[candidates[0]])
    return maxima


def good(loads, width):
    _check(loads, width)
    heap, maxima = [], []
    for k, load in enumerate(loads):
        heapq.heappush(heap, (-load, k))
        while heap[0][1] <= k - width:
            heapq.heappop(heap)
        if k + 1 >= width:
            maxima.append(-heap[0][0])
    return maxima


def naive(loads, width):
    _check(loads, width)
    maxima = []
    for k in range(len(loads) - width + 1):
        greatest = loads[k]
        for i in range(k + 1, k + width):
            if loads[i] > greatest:
                greatest = loads[i]
        maxima.append(greatest)
    return maxima


def inputs(rng):
    cases = [[[5], 1], [[1, 2], 1], [[1, 2], 2], [[2, 1], 2], [[3, 3, 3], 2], [list(range(10)), 3], [list(range(10, 0, -1)), 3], [[-1, -2, -3], 2], [[10**18, -10**18, 0], 2], [[1, 3, -1, -3, 5, 3, 6, 7], 3]]
    for _ in range(16):
        size = rng.randint(2, 25)
        cases.append([[rng.randint(-10, 10) for _ in range(size)], rng.randint(1, size)])
    return cases


def sized(rng, n):
    return [list(range(n, 0, -1)), n // 2]
