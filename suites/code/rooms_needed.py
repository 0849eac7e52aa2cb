"""References of rooms_needed: best O(n log n) by sorted begins and ends, good O(n log n) with a heap, naive O(n^2)."""
import heapq


def _check(meetings):
    if not isinstance(meetings, list):
        raise TypeError("meetings must be a list")
    for meeting in meetings:
        if not isinstance(meeting, list) or not all(isinstance(x, int) for x in meeting):
            raise TypeError("a meeting must be a list of integers")
        if len(meeting) != 2 or not 0 <= meeting[0] < meeting[1] <= 10**9:
            raise ValueError("a meeting must be [begin, end] with 0 <= begin < end <= 10^9")


def best(meetings: list[list[int]]) -> int:
    """Count the rooms that a set of meetings needs.

    Args:
        meetings: The meetings as pairs [begin, end] in minutes, 0 to 10^5 pairs in any order, each with 0
            <= begin < end <= 10^9.

    Returns:
        The smallest number of rooms.

    Raises:
        TypeError: If `meetings` is not a list, or a meeting is not a list of integers.
        ValueError: If a meeting has not exactly two numbers, or not 0 <= begin < end <= 10^9.
    """
    _check(meetings)
    begins = sorted(begin for begin, _ in meetings)
    ends = sorted(end for _, end in meetings)
    free = 0  # how many meetings have ended before or when this one begins
    rooms = 0
    for k, begin in enumerate(begins):
        while ends[free] <= begin:
            free += 1
        rooms = max(rooms, k + 1 - free)
    return rooms


def good(meetings):
    _check(meetings)
    busy, rooms = [], 0
    for begin, end in sorted(meetings):
        while busy and busy[0] <= begin:
            heapq.heappop(busy)
        heapq.heappush(busy, end)
        rooms = max(rooms, len(busy))
    return rooms


def naive(meetings):
    _check(meetings)
    rooms = 0
    for now, _ in meetings:
        rooms = max(rooms, sum(1 for begin, end in meetings if begin <= now < end))
    return rooms


def inputs(rng):
    cases = [[[]], [[[0, 1]]], [[[0, 10], [10, 20]]], [[[0, 10], [9, 20]]], [[[5, 6]] * 4], [[[0, 100], [1, 2], [3, 4], [5, 6]]], [[[0, 10**9]]], [[[1, 4], [2, 5], [3, 6], [4, 7]]]]
    for _ in range(16):
        pairs = []
        for _ in range(rng.randint(2, 20)):
            begin = rng.randint(0, 30)
            pairs.append([begin, begin + rng.randint(1, 10)])
        cases.append([pairs])
    return cases


def sized(rng, n):
    return [[[k, k + n // 2] for k in rng.sample(range(2 * n), n)]]
