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
    raise ValueError("bookings is not valid")
