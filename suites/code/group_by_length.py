"""References of group_by_length: best O(n) by a dict, good O(n) by a set, naive O(n^2)."""


def _check(words):
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise TypeError("words must be a list of strings")
    if not all(1 <= len(word) <= 50 for word in words):
        raise ValueError("a word must have 1 to 50 characters")


def best(words: list[str]) -> dict[str, list[str]]:
    """Group words by their length.

    Args:
        words: The words to group, 0 to 10^5 strings of 1 to 50 characters.

    Returns:
        The different words of each length.

    Raises:
        TypeError: If `words` is not an array, or holds anything but strings.
        ValueError: If a word is empty or longer than 50 characters.
    """
    _check(words)
    groups = {}
    for word in dict.fromkeys(words):
        groups.setdefault(str(len(word)), []).append(word)
    return groups


def good(words):
    _check(words)
    groups, seen = {}, set()
    for word in words:
        if word not in seen:
            seen.add(word)
            groups[str(len(word))] = groups.get(str(len(word)), [])
            groups[str(len(word))].append(word)
    return groups


def naive(words):
    _check(words)
    groups = {}
    for k, word in enumerate(words):
        if not any(word == earlier for earlier in words[:k]):
            groups.setdefault(str(len(word)), []).append(word)
    return groups


def inputs(rng):
    cases = [[[]], [["a"]], [["a", "a"]], [["a", "b"]], [["b", "a", "b"]], [["ab", "c", "de", "f"]], [["x" * 50]], [["The", "the"]]]
    for _ in range(16):
        cases.append([["".join(rng.choice("ab") for _ in range(rng.randint(1, 4))) for _ in range(rng.randint(1, 15))]])
    return cases


def sized(rng, n):
    return [[f"w{k:06d}" for k in range(n)]]
