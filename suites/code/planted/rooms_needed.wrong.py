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
    if not isinstance(meetings, list):
        raise TypeError("meetings must be a list")
    for meeting in meetings:
        if not isinstance(meeting, list) or not all(isinstance(minute, int) for minute in meeting):
            raise TypeError("a meeting must be a list of integers")
        if len(meeting) != 2 or not 0 <= meeting[0] < meeting[1] <= 1000000000:
            raise ValueError("a meeting must be [begin, end] with 0 <= begin < end <= 10^9")
    begins = sorted(begin for begin, _ in meetings)
    ends = sorted(end for _, end in meetings)
    rooms = ended = 0
    for begun, begin in enumerate(begins, 1):
        while ends[ended] < begin:
            ended += 1
        rooms = max(rooms, begun - ended)
    return rooms
