"""References of merge_bookings: best O(n log n) by sorting, good O(n log n) by events, naive O(n^2)."""


def _check(bookings):
    if not isinstance(bookings, list):
        raise TypeError("bookings must be a list")
    for booking in bookings:
        if not isinstance(booking, list) or not all(isinstance(x, int) for x in booking):
            raise TypeError("a booking must be a list of integers")
        if len(booking) != 2 or booking[0] > booking[1]:
            raise ValueError("a booking must be [first, last] with first <= last")


def best(bookings: list[list[int]]) -> list[list[int]]:
    """Merge bookings that overlap or touch.

    Args:
        bookings: The bookings as pairs [first day, last day], both days included, 0 to 10^5 pairs in any
            order.

    Returns:
        The merged pairs in ascending order.

    Raises:
        TypeError: If `bookings` is not a list, or a booking is not a list of integers.
        ValueError: If a booking has not exactly two days, or its first day is after its last.
    """
    _check(bookings)
    merged = []
    for first, last in sorted(bookings):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged


def good(bookings):
    _check(bookings)
    events = sorted([(first, 0) for first, _ in bookings] + [(last + 1, 1) for _, last in bookings])
    merged, open_count = [], 0
    for day, kind in events:
        if kind == 0:
            if open_count == 0:
                merged.append([day, day])
            open_count += 1
        else:
            open_count -= 1
            merged[-1][1] = day - 1
    return merged


def naive(bookings):
    _check(bookings)
    merged = []
    for first, last in bookings:
        apart = []
        for other in merged:
            if other[0] <= last + 1 and first <= other[1] + 1:
                first, last = min(first, other[0]), max(last, other[1])
            else:
                apart.append(other)
        merged = apart + [[first, last]]
    return sorted(merged)


def inputs(rng):
    cases = [[[]], [[[1, 1]]], [[[1, 3], [4, 6]]], [[[1, 3], [5, 6]]], [[[5, 6], [1, 3]]], [[[1, 10], [2, 3]]], [[[1, 2], [1, 2]]], [[[-5, -3], [-2, 0]]], [[[1, 5], [2, 6], [7, 9], [20, 20]]], [[[-10**9, 10**9], [0, 0]]]]
    for _ in range(16):
        pairs = []
        for _ in range(rng.randint(2, 15)):
            first = rng.randint(-30, 30)
            pairs.append([first, first + rng.randint(0, 6)])
        cases.append([pairs])
    return cases


def sized(rng, n):
    pairs = [[3 * k, 3 * k + 1] for k in range(n)]
    rng.shuffle(pairs)
    return [pairs]
