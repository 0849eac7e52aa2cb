"""References of most_frequent_words: best O(n log k) by counting and a heap, good O(n log n) by sorting, naive O(n^2)."""
import heapq


def _check(words, count):
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise TypeError("words must be a list of strings")
    if not isinstance(count, int):
        raise TypeError("count must be an integer")
    if count < 0 or "" in words:
        raise ValueError("count must not be negative and no word empty")


def best(words: list[str], count: int) -> list[str]:
    """List the most frequent words of a text.

    Args:
        words: The words of a text, 0 to 10^5 non-empty strings.
        count: How many words are wanted, 0 to 10^5.

    Returns:
        The most frequent words, the most frequent first.

    Raises:
        TypeError: If `words` is not a list, or holds anything but strings, or `count` is not an integer.
        ValueError: If `count` is negative, or a word is empty.
    """
    _check(words, count)
    times = {}
    for word in words:
        times[word] = times.get(word, 0) + 1
    return heapq.nsmallest(count, times, key=lambda word: (-times[word], word))


def good(words, count):
    _check(words, count)
    pairs, previous = [], None
    for word in sorted(words):
        if word == previous:
            pairs[-1][0] -= 1
        else:
            pairs.append([-1, word])
        previous = word
    pairs.sort()
    return [word for _, word in pairs[:count]]


def naive(words, count):
    _check(words, count)
    pairs = []
    for k, word in enumerate(words):
        if word not in words[:k]:
            pairs.append((-words.count(word), word))
    return [word for _, word in sorted(pairs)[:count]]


def inputs(rng):
    cases = [[[], 0], [[], 3], [["a"], 0], [["a"], 1], [["a"], 5], [["b", "a"], 1], [["b", "a", "b"], 2], [["B", "b", "a"], 3], [["x"] * 10, 1], [["aa", "a", "aa", "a"], 2]]
    for _ in range(16):
        cases.append([["".join(rng.choice("abC") for _ in range(rng.randint(1, 2))) for _ in range(rng.randint(2, 30))], rng.randint(1, 6)])
    return cases


def sized(rng, n):
    words = [f"word{k}" for k in range(n)]
    rng.shuffle(words)
    return [words, 5]
