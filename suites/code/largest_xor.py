"""References of largest_xor: best O(40 n) with sets of heads, good O(40 n) with a trie, naive O(n^2)."""


def _check(keys):
    if not isinstance(keys, list) or not all(isinstance(x, int) for x in keys):
        raise TypeError("keys must be a list of integers")
    if len(keys) < 2 or any(not 0 <= x < 2**40 for x in keys):
        raise ValueError("there must be two keys or more, each from 0 to 2^40 - 1")


def best(keys: list[int]) -> int:
    """Find the greatest exclusive or of two keys.

    Args:
        keys: The keys, 2 to 10^5 integers from 0 to 2^40 - 1, repeats allowed.

    Returns:
        The greatest value.

    Raises:
        TypeError: If `keys` is not a list, or holds anything but integers.
        ValueError: If there are fewer than two keys, or a key is negative or greater than 2^40 - 1.
    """
    _check(keys)
    greatest = 0
    for bit in range(max(keys).bit_length() - 1, -1, -1):
        heads = {key >> bit for key in keys}
        wanted = greatest << 1 | 1
        greatest = wanted if any(head ^ wanted in heads for head in heads) else wanted - 1
    return greatest


def good(keys):
    _check(keys)
    root = [None, None]
    greatest = 0
    for key in keys:
        here, other, value = root, root, 0
        for bit in range(39, -1, -1):
            digit = key >> bit & 1
            if here[digit] is None:
                here[digit] = [None, None]
            here = here[digit]
            if other is not None and other[1 - digit] is not None:
                other, value = other[1 - digit], value | 1 << bit
            elif other is not None:
                other = other[digit]
        greatest = max(greatest, value)
    return greatest


def naive(keys):
    _check(keys)
    greatest = 0
    for i in range(len(keys)):
        for j in range(i):
            if keys[i] ^ keys[j] > greatest:
                greatest = keys[i] ^ keys[j]
    return greatest


def inputs(rng):
    cases = [[[0, 0]], [[0, 1]], [[5, 5]], [[3, 10, 5, 25, 2, 8]], [[1, 2, 4, 8]], [[2**40 - 1, 0]], [[2**40 - 1, 2**40 - 1]], [[7, 7, 7]], [[8, 1, 2, 12]], [[0, 2**39]]]
    for _ in range(16):
        top = 2 ** rng.randint(1, 40)
        cases.append([[rng.randrange(top) for _ in range(rng.randint(2, 20))]])
    return cases


def sized(rng, n):
    return [[rng.randrange(2**24) for _ in range(n)]]
