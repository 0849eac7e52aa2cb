"""References of word_chain: best O(n * length) by words without one letter, good O(26 n * length) by trying letters, naive O(n^2)."""


def _check(first, last, words):
    if not isinstance(first, str) or not isinstance(last, str):
        raise TypeError("first and last must be strings")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise TypeError("words must be a list of strings")
    for word in [first, last] + words:
        if not word or len(word) != len(first) or not all("a" <= letter <= "z" for letter in word):
            raise ValueError(f"{word!r} must have as many letters a to z as the first word")


def best(first: str, last: str, words: list[str]) -> int:
    """Find the shortest chain of words that change one letter at a time.

    Args:
        first: The word at the beginning, 1 to 10 letters a to z.
        last: The word at the end, of the same length.
        words: The words that may stand between, 0 to 5000 words of the same length, letters a to z, repeats
            allowed; `first` and `last` need not be among them.

    Returns:
        The number of words of the shortest chain, or 0.

    Raises:
        TypeError: If `first` or `last` is not a string, `words` is not a list, or holds anything but
            strings.
        ValueError: If a word (also `first` and `last`) is empty, has another character than the letters a
            to z, or has not the length of `first`.
    """
    _check(first, last, words)
    near = {}
    for word in set(words) | {last}:
        for k in range(len(word)):
            near.setdefault((k, word[:k] + word[k + 1:]), []).append(word)
    ring, seen, length = [first], {first}, 1
    while ring:
        if last in ring:
            return length
        reached = []
        for word in ring:
            for k in range(len(word)):
                for after in near.pop((k, word[:k] + word[k + 1:]), []):
                    if after not in seen:
                        seen.add(after)
                        reached.append(after)
        ring, length = reached, length + 1
    return 0


def good(first, last, words):
    _check(first, last, words)
    allowed = set(words) | {last}
    ring, seen, length = {first}, {first}, 1
    while ring:
        if last in ring:
            return length
        reached = set()
        for word in ring:
            for k in range(len(word)):
                for letter in "abcdefghijklmnopqrstuvwxyz":
                    after = word[:k] + letter + word[k + 1:]
                    if after in allowed and after not in seen:
                        reached.add(after)
        seen |= reached
        ring, length = reached, length + 1
    return 0


def naive(first, last, words):
    _check(first, last, words)
    left = list(dict.fromkeys(words + [last]))
    ring, length = [first], 1
    while ring:
        if last in ring:
            return length
        reached = [word for word in left if any(sum(a != b for a, b in zip(word, other)) == 1 for other in ring)]
        left = [word for word in left if word not in reached]
        ring, length = reached, length + 1
    return 0


def inputs(rng):
    cases = [["a", "a", []], ["a", "b", []], ["ab", "ba", []], ["ab", "ba", ["aa"]], ["ab", "ba", ["bb", "aa"]], ["ab", "cd", ["cb"]], ["hit", "cog", ["hot", "dot", "dog", "lot", "log", "cog"]], ["hit", "cog", ["hot", "dot", "tog"]], ["aaa", "bbb", ["aab", "abb", "aab"]], ["cat", "cat", ["dog"]]]
    for _ in range(18):
        size = rng.randint(1, 4)
        words = ["".join(rng.choice("abc") for _ in range(size)) for _ in range(rng.randint(2, 20))]
        cases.append([words[0], words[1], words[2:]])
    return cases


def sized(rng, n):
    words = [format(k ^ k >> 1, "010b").replace("0", "a").replace("1", "b") for k in range(n)]  # a Gray code
    return [words[0], "zzzzzzzzzz", words]
