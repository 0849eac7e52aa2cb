def longest_distinct_run(songs):
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
