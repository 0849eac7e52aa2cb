"""References of group_anagrams: best O(n) by sorted letters, good O(n) by counts, naive O(n^2) by comparing with every group."""


def _check(words):
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise TypeError("words must be a list of strings")
    if not all(word and word.isascii() and word.isalpha() and word.islower() for word in words):
        raise ValueError("a word must be one or more letters a to z")


def best(words: list[str]) -> list[list[str]]:
    """Put anagrams together.

    Args:
        words: The words, 0 to 10^4 strings of 1 to 30 letters a to z.

    Returns:
        The groups of words that are anagrams of each other.

    Raises:
        TypeError: If `words` is not a list, or holds anything but strings.
        ValueError: If a word is empty or has a character that is not one of the letters a to z.
    """
    _check(words)
    groups = {}
    for word in words:
        groups.setdefault("".join(sorted(word)), []).append(word)
    return list(groups.values())


def good(words):
    _check(words)
    groups = {}
    for word in words:
        counts = [0] * 26
        for letter in word:
            counts[ord(letter) - ord("a")] += 1
        groups.setdefault(tuple(counts), []).append(word)
    return list(groups.values())


def naive(words):
    _check(words)
    groups = []
    for word in words:
        for group in groups:
            if sorted(group[0]) == sorted(word):
                group.append(word)
                break
        else:
            groups.append([word])
    return groups


def inputs(rng):
    cases = [[[]], [["a"]], [["a", "a"]], [["ab", "ba"]], [["ab", "a", "b"]], [["aab", "abb"]], [["listen", "silent", "enlist", "tinsel", "inlets", "lists"]], [["z" * 30, "z" * 29]], [["b", "ab", "ba", "b"]]]
    for _ in range(16):
        cases.append([["".join(rng.choice("abc") for _ in range(rng.randint(1, 4))) for _ in range(rng.randint(2, 20))]])
    return cases


def sized(rng, n):
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(letters[k // 26**d % 26] for d in (2, 1, 0)) for k in range(26**3)]
    return [[word for word in words if word == "".join(sorted(word))][:n]]  # no two are anagrams
