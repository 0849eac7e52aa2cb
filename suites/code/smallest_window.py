"""References of smallest_window: best O(n) with a moving window, good O(n log n) by searching for the size, naive O(n^2)."""


def _check(text, needed):
    if not isinstance(text, str) or not isinstance(needed, str):
        raise TypeError("text and needed must be strings")
    if not needed:
        raise ValueError("needed must not be empty")


def best(text: str, needed: str) -> str:
    """Find the shortest stretch that has all needed characters.

    Args:
        text: The text to search, 0 to 10^5 characters.
        needed: The characters that are needed, 1 to 10^4 of them; a character that stands there several
            times is needed as often.

    Returns:
        The leftmost shortest stretch, or an empty string.

    Raises:
        TypeError: If `text` or `needed` is not a string.
        ValueError: If `needed` is empty.
    """
    _check(text, needed)
    missing = {}
    for letter in needed:
        missing[letter] = missing.get(letter, 0) + 1
    left, open_count, found = 0, len(needed), None
    for right, letter in enumerate(text):
        if letter in missing:
            open_count -= missing[letter] > 0
            missing[letter] -= 1
        while open_count == 0:
            if found is None or right - left < found[1] - found[0]:
                found = (left, right)
            first = text[left]
            left += 1
            if first in missing:
                missing[first] += 1
                open_count += missing[first] > 0
    return text[found[0]:found[1] + 1] if found else ""


def good(text, needed):
    _check(text, needed)

    def at(size):  # the leftmost stretch of this size that will do
        left = {}
        for letter in needed:
            left[letter] = left.get(letter, 0) + 1
        open_letters = len(left)
        for k, letter in enumerate(text):
            for change, x in ((-1, letter), (1, text[k - size] if k >= size else None)):
                if x in left:
                    open_letters += (left[x] == 0) * (change == 1) - (left[x] == 1) * (change == -1)
                    left[x] += change
            if open_letters == 0:
                return max(k - size + 1, 0)
        return None

    low, high = 1, len(text)
    if not text or at(high) is None:
        return ""
    while low < high:
        middle = (low + high) // 2
        if at(middle) is None:
            low = middle + 1
        else:
            high = middle
    return text[at(low):at(low) + low]


def naive(text, needed):
    _check(text, needed)
    found = ""
    for begin in range(len(text)):
        left = list(needed)
        for end in range(begin, len(text)):
            if text[end] in left:
                left.remove(text[end])
                if not left:
                    if not found or end + 1 - begin < len(found):
                        found = text[begin:end + 1]
                    break
    return found


def inputs(rng):
    cases = [["", "a"], ["a", "a"], ["a", "b"], ["a", "aa"], ["aa", "aa"], ["ab", "ba"], ["abab", "ab"], ["ADOBECODEBANC", "ABC"], ["cabwefgewcwaefgcf", "cae"], ["aaaaaaa", "aaa"], ["bba", "ab"], ["xyz", "zyxw"]]
    for _ in range(18):
        cases.append(["".join(rng.choice("abcd") for _ in range(rng.randint(1, 25))), "".join(rng.choice("abcd") for _ in range(rng.randint(1, 4)))])
    return cases


def sized(rng, n):
    return ["a" * (n // 2) + "x" * (n // 2) + "b", "ab"]
