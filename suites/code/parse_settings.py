"""References of parse_settings: one pass each; naive copies the rest for each piece."""
import re


def _check(text):
    if not isinstance(text, str):
        raise TypeError("text must be a string")


def best(text: str) -> dict[str, str]:
    """Read settings of the form name=value.

    Args:
        text: The settings as one line of ASCII characters, 0 to 10^5 of them.

    Returns:
        The value of each name.

    Raises:
        TypeError: If `text` is not a string.
        ValueError: If a piece that is not skipped has no `=`, or its name is empty or has other characters
            than a to z.
    """
    _check(text)
    settings = {}
    for piece in text.split(";"):
        if not piece.strip(" "):
            continue
        name, equals, value = piece.partition("=")
        name = name.strip(" ")
        if not equals or not re.fullmatch("[a-z]+", name):
            raise ValueError(f"{piece!r} is not of the form name=value")
        settings[name] = value.strip(" ")
    return settings


def good(text):
    _check(text)
    settings, piece = {}, []
    for letter in text + ";":
        if letter != ";":
            piece.append(letter)
            continue
        whole = "".join(piece).strip(" ")
        piece = []
        if whole:
            k = whole.find("=")
            name = whole[:k].strip(" ")
            if k < 0 or not name or not all("a" <= x <= "z" for x in name):
                raise ValueError("not of the form name=value")
            settings[name] = whole[k + 1:].strip(" ")
    return settings


def naive(text):
    _check(text)
    settings, rest = {}, text
    while rest.strip(" "):
        k = 0
        while k < len(rest) and rest[k] != ";":
            k += 1
        piece, rest = rest[:k].strip(" "), rest[k + 1:]
        if piece:
            match = re.fullmatch("([a-z]+) *= *(.*)", piece)
            if not match:
                raise ValueError("not of the form name=value")
            settings[match[1]] = match[2]
    return settings


def inputs(rng):
    cases = [[""], ["   "], [";;"], ["a=1"], ["a="], ["a==b"], [" a = 1 ; b = 2 "], ["a=1;a=2"], ["a=1;;b=2;"], ["mode=fast;level=3"], ["x= a b ;y=z"]]
    for _ in range(16):
        pieces = [" " * rng.randint(0, 2) + rng.choice("abc") + " " * rng.randint(0, 1) + "=" + rng.choice(["", "1", " 2 ", "x=y", "A b"]) for _ in range(rng.randint(1, 6))]
        cases.append([rng.choice([";", ";;", "; ;"]).join(pieces)])
    return cases


def sized(rng, n):
    return ["a=1;" * n]
