def merge_bookings(bookings: list[list[int]]) -> list[list[int]]:
    """Merge bookings that overlap or follow each other without a free day.

    Args:
        bookings: The bookings in any order, each [first day, last day].

    Returns:
        The merged bookings, sorted by first day.

    Raises:
        TypeError: If the bookings are not a list of lists of integers.
        ValueError: If a booking has not two days or ends before it begins.
    """
    if not isinstance(bookings, list):
        raise TypeError("bookings must be a list")
    for booking in bookings:
        if not isinstance(booking, list) or not all(isinstance(day, int) for day in booking):
            raise TypeError("a booking must be a list of integers")
        if len(booking) != 2 or booking[0] > booking[1]:
            raise ValueError("a booking must be [first, last] with first <= last")
    merged = []
    for first, last in sorted(bookings):
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged
