"""References of justify_text: best O(n) in one pass, good joins again and again, naive widens gap by gap."""


def _check(words, width):
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise TypeError("words must be a list of strings")
    if not isinstance(width, int):
        raise TypeError("width must be an integer")
    if not 1 <= width <= 100 or any(not 1 <= len(word) <= width or " " in word for word in words):
        raise ValueError("width must be from 1 to 100, and every word must fit and have no space")


def _stretched(line, width):
    if len(line) == 1:
        return line[0].ljust(width)
    each, more = divmod(width - sum(map(len, line)), len(line) - 1)
    return "".join(word + " " * (each + (k < more)) for k, word in enumerate(line[:-1])) + line[-1]


def best(words: list[str], width: int) -> list[str]:
    """Set words in lines of equal width.

    Args:
        words: The words, 0 to 10^4 strings of 1 to 100 characters without spaces.
        width: How many characters a line has, 1 to 100.

    Returns:
        The lines, each of the given width.

    Raises:
        TypeError: If `words` is not an array, or holds anything but strings, or `width` is not an integer.
        ValueError: If `width` is not from 1 to 100, a word is empty, longer than `width`, or holds a space.
    """
    _check(words, width)
    lines, line, size = [], [], 0
    for word in words:
        if line and size + 1 + len(word) > width:
            lines.append(_stretched(line, width))
            line, size = [], 0
        size += len(word) + (1 if line else 0)
        line.append(word)
    return lines + ([" ".join(line).ljust(width)] if line else [])


def good(words, width):
    _check(words, width)
    lines, begin = [], 0
    while begin < len(words):
        end = begin + 1
        while end < len(words) and len(" ".join(words[begin:end + 1])) <= width:
            end += 1
        line = words[begin:end]
        lines.append(_stretched(line, width) if end < len(words) else " ".join(line).ljust(width))
        begin = end
    return lines


def naive(words, width):
    _check(words, width)
    lines, rest = [], list(words)
    while rest:
        line = [rest.pop(0)]
        while rest and len(" ".join(line + rest[:1])) <= width:
            line.append(rest.pop(0))
        gaps = [" "] * (len(line) - 1)
        while rest and gaps and len("".join(line + gaps)) < width:
            k = gaps.index(min(gaps))
            gaps[k] += " "
        text = line[0] + "".join(gap + word for gap, word in zip(gaps, line[1:]))
        lines.append(text + " " * (width - len(text)))
    return lines


def inputs(rng):
    cases = [[[], 5], [["a"], 1], [["a"], 3], [["a", "b"], 1], [["a", "b"], 3], [["a", "b"], 2], [["abc", "de", "f", "ghij"], 6], [["x"] * 10, 7], [["This", "is", "an", "example", "of", "text", "justification."], 16]]
    for _ in range(16):
        width = rng.randint(5, 20)
        cases.append([["w" * rng.randint(1, 5) for _ in range(rng.randint(1, 20))], width])
    return cases


def sized(rng, n):
    return [["word"] * n, 60]
