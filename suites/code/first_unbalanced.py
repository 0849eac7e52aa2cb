"""References of first_unbalanced: best O(n) with a stack of positions, good O(n) with nested tuples, naive O(n^2) by removing adjacent pairs."""


_OPENING = {")": "(", "]": "[", "}": "{"}


def _check(text):
    if not isinstance(text, str):
        raise TypeError("text must be a string")
    if "\0" in text:
        raise ValueError("text must not hold a NUL character")


def best(text: str) -> int:
    """Find where the brackets of a text stop being balanced.

    Args:
        text: The text to check, 0 to 10^5 characters, any characters.

    Returns:
        The position of the offending bracket, or -1 if all are balanced.

    Raises:
        TypeError: If `text` is not a string.
        ValueError: If `text` holds a NUL character (code 0).
    """
    _check(text)
    stack = []
    for k, letter in enumerate(text):
        if letter in "([{":
            stack.append(k)
        elif letter in ")]}":
            if not stack or text[stack[-1]] != _OPENING[letter]:
                return k
            stack.pop()
    return stack[-1] if stack else -1


def good(text):
    _check(text)
    stack = ()
    for k, letter in enumerate(text):
        if letter in "([{":
            stack = (k, stack)
        elif letter in _OPENING:
            if stack == () or text[stack[0]] != _OPENING[letter]:
                return k
            stack = stack[1]
    return stack[0] if stack != () else -1


def naive(text):
    _check(text)
    left = [(letter, k) for k, letter in enumerate(text) if letter in "()[]{}"]
    while True:
        for k in range(len(left) - 1):
            if _OPENING.get(left[k + 1][0]) == left[k][0]:
                left = left[:k] + left[k + 2:]
                break
        else:
            break
    for letter, k in left:
        if letter in _OPENING:
            return k
    return left[-1][1] if left else -1


def inputs(rng):
    cases = [[""], ["abc"], ["("], [")"], ["()"], ["([)]"], ["(]"], ["((("], ["{[()]}"], ["a(b)c]"], ["()[]{}("], ["(()"], ["x" * 50 + "}"]]
    for _ in range(20):
        cases.append(["".join(rng.choice("()[]{}a") for _ in range(rng.randint(1, 14)))])
    for _ in range(4):
        depth = rng.randint(2, 12)
        cases.append(["(" * depth + "[]" + ")" * rng.randint(depth - 2, depth)])
    return cases


def sized(rng, n):
    return ["(" * (n // 2) + ")" * (n // 2)]
