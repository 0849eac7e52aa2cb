"""References of pattern_matches: best with bitsets of positions, good O(n * pattern) row by row, naive exponential."""


def _parse(pattern):
    parts = []  # (letter, least number of matches, whether there may be more)
    for k, letter in enumerate(pattern):
        if letter in "*+":
            if k == 0 or pattern[k - 1] in "*+":
                raise ValueError(f"{letter!r} at {k} has nothing to repeat")
            parts[-1] = (parts[-1][0], int(letter == "+"), True)
        elif letter == "?" or "a" <= letter <= "z":
            parts.append((letter, 1, False))
        else:
            raise ValueError(f"{letter!r} is not allowed in a pattern")
    return parts


def _check(text, pattern):
    if not isinstance(text, str) or not isinstance(pattern, str):
        raise TypeError("text and pattern must be strings")
    if not all("a" <= letter <= "z" for letter in text):
        raise ValueError("text must be of the letters a to z")


def best(text: str, pattern: str) -> bool:
    """Match a text with a simple pattern.

    Args:
        text: The text, 0 to 2000 letters a to z.
        pattern: The pattern, 0 to 2000 characters: letters a to z, `?`, `*` and `+`.

    Returns:
        True if the pattern matches the whole text, else False.

    Raises:
        TypeError: If `text` or `pattern` is not a string.
        ValueError: If `text` has another character than the letters a to z, `pattern` has another character
            than those, `?`, `*` and `+`, or a `*` or `+` stands at the beginning or behind another `*` or
            `+`.
    """
    _check(text, pattern)
    parts = _parse(pattern)
    where = {"?": (1 << len(text)) - 1}  # where[letter]: bit k is set where text[k] is the letter
    for k, letter in enumerate(text):
        where[letter] = where.get(letter, 0) | 1 << k
    ends = 1  # bit k is set where the parts so far can match text[:k]
    for letter, least, more in parts:
        places = where.get(letter, 0)
        if least:
            ends = (ends & places) << 1
        if more:
            # From an end, the matches run to the end of the run of places, as the carry of an addition does.
            ends |= (places + (ends & places)) ^ places
    return bool(ends >> len(text) & 1)


def good(text, pattern):
    _check(text, pattern)
    row = [True] + [False] * len(text)
    for letter, least, more in _parse(pattern):
        after = [row[0] and not least] + [False] * len(text)
        for k, x in enumerate(text, 1):
            fits = letter in ("?", x)
            after[k] = (row[k] and not least) or (fits and (row[k - 1] or (more and after[k - 1])))
        row = after
    return row[-1]


def naive(text, pattern):
    _check(text, pattern)
    parts = _parse(pattern)

    def match(i, k):
        if k == len(parts):
            return i == len(text)
        letter, least, more = parts[k]
        if not least and match(i, k + 1):
            return True
        while i < len(text) and letter in ("?", text[i]):
            i += 1
            if match(i, k + 1):
                return True
            if not more:
                return False
        return False

    return match(0, 0)


def inputs(rng):
    cases = [["", ""], ["a", ""], ["", "a"], ["", "a*"], ["", "a+"], ["a", "?"], ["ab", "?*"], ["aab", "c*a*b"], ["aaa", "a*a"], ["aaa", "a+a+a+a+"], ["abc", "a?c"], ["abcd", "?+d"], ["mississippi", "mis*is*ip*i"], ["aaaa", "a*a*a*a*"]]
    while len(cases) < 34:
        text = "".join(rng.choice("ab") for _ in range(rng.randint(0, 8)))
        pattern = "".join(rng.choice("aab?") + rng.choice(["", "*", "+", ""]) for _ in range(rng.randint(1, 6)))
        cases.append([text, pattern])
    return cases


def sized(rng, n):
    return ["a" * n, "a*" * (n // 2) + "b"]
