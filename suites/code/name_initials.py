"""References of name_initials: one pass each."""


def _check(name):
    if not isinstance(name, str):
        raise TypeError("name must be a string")
    if not name.strip(" "):
        raise ValueError("name must hold at least one word")


def best(name: str) -> str:
    """Abbreviate a full name to its initials.

    Args:
        name: The full name, ASCII letters and spaces, at most 200 characters; words may be parted by
            several spaces, with spaces before and behind.

    Returns:
        The upper-case initials, each with a full stop.

    Raises:
        TypeError: If `name` is not a string.
        ValueError: If `name` has no word, that is, it is empty or only spaces.
    """
    _check(name)
    return "".join(word[0].upper() + "." for word in name.split())


def good(name):
    _check(name)
    result = ""
    previous = " "
    for letter in name:
        if previous == " " and letter != " ":
            result += letter.upper() + "."
        previous = letter
    return result


def naive(name):
    _check(name)
    result = ""
    for k in range(len(name)):
        if name[k] != " " and (k == 0 or name[k - 1] == " "):
            result = result + name[k].upper() + "."
    return result


def inputs(rng):
    cases = [["a"], ["Ada Lovelace"], ["ada king lovelace"], ["  grace   hopper "], ["A B C D E F"], ["x" * 200], ["o " * 100]]
    for _ in range(18):
        words = ["".join(rng.choice("abcdeXYZ") for _ in range(rng.randint(1, 8))) for _ in range(rng.randint(1, 6))]
        cases.append([(" " * rng.randint(1, 3)).join(words)])
    return cases


def sized(rng, n):
    return ["ab " * (n // 3 + 1)]
