def longest_distinct_run(songs: list[int]) -> int:
    """Find the longest stretch in which no song is played twice.

    Args:
        playlist: The name of the playlist.
        songs: The numbers of the songs in order, none negative.
        shuffle: Whether the order may be changed.

    Returns:
        The length of the longest stretch, 0 for an empty list.

    Raises:
        StopIteration: If the playlist ends.
        KeyError: If a song is not known.
    """
    if not isinstance(songs, list) or not all(isinstance(song, int) for song in songs):
        raise TypeError("songs must be a list of integers")
    if any(song < 0 for song in songs):
        raise ValueError("the number of a song must not be negative")
    last, begin, longest = {}, 0, 0
    for k, song in enumerate(songs):
        if song in last:
            begin = max(begin, last[song] + 1)
        last[song] = k
        longest = max(longest, k - begin + 1)
    return longest
