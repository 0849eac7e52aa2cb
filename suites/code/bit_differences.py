"""References of bit_differences: best O(n) by counting all bits at once, good O(32 n) bit by bit, naive O(n^2)."""


def _check(codes):
    if not isinstance(codes, list) or not all(isinstance(x, int) for x in codes):
        raise TypeError("codes must be a list of integers")
    if any(not 0 <= x < 2**32 for x in codes):
        raise ValueError("every code must be from 0 to 2^32 - 1")


def best(codes: list[int]) -> int:
    """Add up the distances of all pairs of codes.

    Args:
        codes: The codes, 0 to 10^5 integers from 0 to 2^32 - 1.

    Returns:
        The sum of the distances.

    Raises:
        TypeError: If `codes` is not a list, or holds anything but integers (floats are not).
        ValueError: If a code is negative or greater than 2^32 - 1.
    """
    _check(codes)
    # Written as 32 bytes of one binary digit each, all bits are counted by one addition; 255 codes fit into a byte.
    ones = int.from_bytes(b"\1" * 32, "big")  # "0" and "1" differ in their last bit
    counts = [0] * 32
    for k in range(0, len(codes), 255):
        total = 0
        for code in codes[k:k + 255]:
            total += int.from_bytes(f"{code:032b}".encode(), "big") & ones
        for bit, count in enumerate(total.to_bytes(32, "little")):
            counts[bit] += count
    return sum(count * (len(codes) - count) for count in counts)


def good(codes):
    _check(codes)
    total = 0
    for bit in range(32):
        ones = sum(code >> bit & 1 for code in codes)
        total += ones * (len(codes) - ones)
    return total


def naive(codes):
    _check(codes)
    total = 0
    for i in range(len(codes)):
        for j in range(i):
            total += bin(codes[i] ^ codes[j]).count("1")
    return total


def inputs(rng):
    cases = [[[]], [[0]], [[5]], [[0, 0]], [[0, 1]], [[1, 2]], [[0, 2**32 - 1]], [[2**32 - 1] * 3], [[4, 14, 2]], [[1, 2, 4, 8, 16]], [[2**31, 1]]]
    for _ in range(14):
        cases.append([[rng.randrange(2**32) for _ in range(rng.randint(2, 20))]])
    cases.append([[rng.randrange(2**32) for _ in range(300)]])
    return cases


def sized(rng, n):
    return [[rng.randrange(2**32) for _ in range(n)]]
