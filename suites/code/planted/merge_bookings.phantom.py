def merge_bookings(bookings: list[list[int]]) -> list[list[int]]:
    """Merge bookings that overlap or follow each other without a free day.

    Args:
        calendar: The calendar that knows the free days.
        bookings: The bookings in any order, each [first day, last day].
        timezone: Where the days begin.

    Returns:
        The merged bookings, sorted by first day.

    Raises:
        KeyError: If a day is not in the calendar.
        PermissionError: If the calendar is locked.
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
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged
