def merge_bookings(bookings):
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
