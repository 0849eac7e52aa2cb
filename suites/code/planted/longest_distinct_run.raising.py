def longest_distinct_run(songs: list[int]) -> int:
    """Find the longest stretch in which no song is played twice.

    Args:
        songs: The numbers of the songs in order, none negative.

    Returns:
        The length of the longest stretch, 0 for an empty list.

    Raises:
        TypeError: If the songs are not a list of integers.
        ValueError: If a number is negative.
    """
    raise ValueError("songs is not valid")
