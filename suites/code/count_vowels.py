"""References of count_vowels: one pass each; naive ten passes in C."""


def _check(text):
    if not isinstance(text, str):
        raise TypeError("text must be a string")
    if len(text) > 1000:
        raise ValueError("text must have at most 1000 characters")


def best(text: str) -> int:
    """Count the vowels of a text.

    Args:
        text: The text to look at, 0 to 1000 characters.

    Returns:
        The number of vowels.

    Raises:
        TypeError: If `text` is not a string.
        ValueError: If `text` is longer than 1000 characters (UTF-16 units).
    """
    _check(text)
    return sum(letter in "aeiouAEIOU" for letter in text)


def good(text):
    _check(text)
    count = 0
    for letter in text:
        if letter in ("a", "e", "i", "o", "u", "A", "E", "I", "O", "U"):
            count += 1
    return count


def naive(text):
    _check(text)
    return sum(text.count(letter) for letter in "aeiouAEIOU")


def inputs(rng):
    cases = [[""], ["a"], ["A"], ["b"], ["AEIOU"], ["rhythm"], ["xyz XYZ"], ["\u00e9a\u00e0"], ["a" * 300], ["The quick brown fox"]]
    for _ in range(16):
        cases.append(["".join(rng.choice("aeiouAEIOUbcdxyzXY 1!") for _ in range(rng.randint(1, 30)))])
    return cases


def sized(rng, n):
    return ["ab" * (n // 2)]
