def rooms_needed(meetings: list[list[int]]) -> int:
    """Count the rooms that a set of meetings needs.

    Args:
        meetings: The meetings in any order, each [begin, end] in minutes with 0 <= begin < end <= 10^9.

    Returns:
        The smallest number of rooms.

    Raises:
        TypeError: If the meetings are not a list of lists of integers.
        ValueError: If a meeting is not [begin, end] within these limits.
    """
    raise ValueError("meetings is not valid")
