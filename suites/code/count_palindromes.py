"""References of count_palindromes: best O(n) by Manacher, good O(n log n) by hashing, naive O(n^3)."""


def _check(text):
    if not isinstance(text, str):
        raise TypeError("text must be a string")
    if " " in text:
        raise ValueError("text must not hold spaces")


def best(text: str) -> int:
    """Count the palindromes in a text.

    Args:
        text: The text, 0 to 10^5 characters.

    Returns:
        The number of stretches that are palindromes.

    Raises:
        TypeError: If `text` is not a string.
        ValueError: If `text` holds a space.
    """
    _check(text)
    # Manacher (1975), over the text with gaps: reach[k] counts the palindromes around k, of odd and even length alike.
    marked = "|" + "|".join(text) + "|" if text else "|"
    reach, centre, right, count = [0] * len(marked), 0, 0, 0
    for k in range(len(marked)):
        radius = min(reach[2 * centre - k], right - k) if k < right else 0
        while k - radius - 1 >= 0 and k + radius + 1 < len(marked) and marked[k - radius - 1] == marked[k + radius + 1]:
            radius += 1
        reach[k] = radius
        if k + radius > right:
            centre, right = k, k + radius
        count += (radius + 1) // 2
    return count


def good(text):
    _check(text)
    forward, backward, powers = [0], [0], [1]
    for letter in text:
        forward.append((forward[-1] * 911382323 + ord(letter) + 1) % (2**61 - 1))
        powers.append(powers[-1] * 911382323 % (2**61 - 1))
    for letter in reversed(text):
        backward.append((backward[-1] * 911382323 + ord(letter) + 1) % (2**61 - 1))

    def same(a, b, size):  # text[a:a + size] forwards and the size letters before b backwards
        left = (forward[a + size] - forward[a] * powers[size]) % (2**61 - 1)
        c = len(text) - b
        return left == (backward[c + size] - backward[c] * powers[size]) % (2**61 - 1)

    count = 0
    for centre in range(len(text)):
        for begin in (centre, centre + 1):
            low, high = 0, min(len(text) - begin, centre + 1)
            while low < high:
                middle = (low + high + 1) // 2
                if same(begin, centre + 1, middle):
                    low = middle
                else:
                    high = middle - 1
            count += low
    return count


def naive(text):
    _check(text)
    count = 0
    for i in range(len(text)):
        for k in range(i, len(text)):
            left, right = i, k
            while left < right and text[left] == text[right]:
                left, right = left + 1, right - 1
            count += left >= right
    return count


def inputs(rng):
    cases = [[""], ["a"], ["ab"], ["aa"], ["aba"], ["abba"], ["aaa"], ["Aa"], ["abcde"], ["aaaaaaaaaa"], ["abacdfgdcaba"], ["|a|"]]
    for _ in range(16):
        cases.append(["".join(rng.choice("ab|") for _ in range(rng.randint(2, 20)))])
    return cases


def sized(rng, n):
    return ["a" * n]
