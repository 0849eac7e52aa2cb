"""References of decode_repeats: best O(n) with a stack, good O(n) by tokens, naive O(n^2) by replacing the innermost repetitions."""
import re


def _check(text):
    if not isinstance(text, str):
        raise TypeError("text must be a string")


def best(text: str) -> str:
    """Decode nested repetitions.

    Args:
        text: The encoded text, 0 to 10^4 characters.

    Returns:
        The decoded text.

    Raises:
        TypeError: If `text` is not a string.
        ValueError: If `text` is not of this form: another character, a count that is not from 1 to 99 or
            has a leading zero, a count without a bracket behind it, a bracket without a count before it, or
            brackets that do not match.
    """
    _check(text)
    outer, parts, count = [], [], ""
    for letter in text:
        if "a" <= letter <= "z" and not count:
            parts.append(letter)
        elif "0" <= letter <= "9" and len(count) < 2 and (count or letter != "0"):
            count += letter
        elif letter == "[" and count:
            outer.append((parts, int(count)))
            parts, count = [], ""
        elif letter == "]" and outer and not count:
            inner = "".join(parts)
            parts, times = outer.pop()
            parts.append(inner * times)
        else:
            raise ValueError(f"{letter!r} is not allowed here")
    if outer or count:
        raise ValueError("the text ends too early")
    return "".join(parts)


def good(text):
    _check(text)
    tokens = re.findall(r"[1-9][0-9]?\[|[a-z]+|\]", text)
    if "".join(tokens) != text:
        raise ValueError("not an encoded text")
    stack = [["", 1]]
    for token in tokens:
        if token[-1] == "[":
            stack.append(["", int(token[:-1])])
        elif token == "]":
            inner, times = stack.pop()
            if not stack:
                raise ValueError("a bracket is closed that is not open")
            stack[-1][0] += inner * times
        else:
            stack[-1][0] += token
    if len(stack) != 1:
        raise ValueError("a bracket is not closed")
    return stack[0][0]


def naive(text):
    _check(text)
    if not re.fullmatch(r"([a-z]|[1-9][0-9]?\[|\])*", text):
        raise ValueError("not an encoded text")
    while "[" in text:
        before = text
        text = re.sub(r"([0-9]+)\[([a-z]*)\]", lambda match: match[2] * int(match[1]), text, count=1)
        if text == before:
            raise ValueError("a bracket is not closed")
    if "]" in text:
        raise ValueError("a bracket is closed that is not open")
    return text


def inputs(rng):
    cases = [[""], ["a"], ["abc"], ["3[a]"], ["1[]"], ["2[a3[b]]"], ["10[x]y"], ["2[2[2[ab]c]d]e"], ["a2[b]c2[d]"], ["99[z]"], ["1[1[1[1[q]]]]"], ["2[]3[a]"], ["1[a" * 1100 + "]" * 1100]]

    def encoded(depth):
        parts = []
        for _ in range(rng.randint(1, 3)):
            if depth and rng.random() < 0.5:
                parts.append(f"{rng.choice([1, 2, 3, 12])}[{encoded(depth - 1)}]")
            else:
                parts.append("".join(rng.choice("abc") for _ in range(rng.randint(1, 3))))
        return "".join(parts)

    return cases + [["x" + encoded(3)] for _ in range(14)]


def sized(rng, n):
    return ["1[ab" * n + "]" * n]
