"""References of longest_distinct_run: best O(n) by a moving set, good O(n) by last positions, naive O(n^2)."""


def _check(songs):
    if not isinstance(songs, list) or not all(isinstance(x, int) for x in songs):
        raise TypeError("songs must be a list of integers")
    if songs and min(songs) < 0:
        raise ValueError("the number of a song must not be negative")


def best(songs: list[int]) -> int:
    """Find the longest stretch without a repeated song.

    Args:
        songs: The numbers of the songs in the order in which they were played, 0 to 10^5 integers.

    Returns:
        The length of the longest stretch.

    Raises:
        TypeError: If `songs` is not a list, or holds anything but integers.
        ValueError: If a number in `songs` is negative.
    """
    _check(songs)
    window, begin, longest = set(), 0, 0
    for k, song in enumerate(songs):
        while song in window:
            window.remove(songs[begin])
            begin += 1
        window.add(song)
        longest = max(longest, len(window))
    return longest


def good(songs):
    _check(songs)
    last, begin, longest = {}, 0, 0
    for k, song in enumerate(songs):
        begin = max(begin, last.get(song, -1) + 1)
        last[song] = k
        longest = max(longest, k - begin + 1)
    return longest


def naive(songs):
    _check(songs)
    longest = 0
    for begin in range(len(songs)):
        seen = set()
        for song in songs[begin:]:
            if song in seen:
                break
            seen.add(song)
        longest = max(longest, len(seen))
    return longest


def inputs(rng):
    cases = [[[]], [[0]], [[1, 1]], [[1, 2]], [[1, 2, 1]], [[1, 2, 2, 1]], [[3, 1, 2, 3, 4]], [[7] * 10], [list(range(20))], [[10**18, 0, 10**18]], [[1, 2, 3, 2, 4, 5, 6, 2]]]
    for _ in range(16):
        span = rng.randint(2, 12)
        cases.append([[rng.randint(0, span) for _ in range(rng.randint(2, 25))]])
    return cases


def sized(rng, n):
    songs = list(range(n))
    rng.shuffle(songs)
    return [songs]
