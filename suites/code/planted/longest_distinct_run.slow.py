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
    if not isinstance(songs, list) or not all(isinstance(song, int) for song in songs):
        raise TypeError("songs must be a list of integers")
    if any(song < 0 for song in songs):
        raise ValueError("the number of a song must not be negative")
    longest = 0
    for begin in range(len(songs)):
        seen = set()
        for song in songs[begin:]:
            if song in seen:
                break
            seen.add(song)
        longest = max(longest, len(seen))
    return longest
