"""References of guess_trace: the same guesses each: best in a loop, good recursively, naive with a list built anew."""


def _check(low, high, secret):
    if low > high:
        raise ValueError("low must not exceed high")
    if not low <= secret <= high:
        raise IndexError("secret must lie between low and high")


def best(low: int, high: int, secret: int) -> list[int]:
    """List the guesses of a binary search over a range of 64-bit numbers.

    Args:
        low: The lower end of the range, any 64-bit value.
        high: The upper end, any 64-bit value that is at least low.
        secret: The number looked for, from low to high.

    Returns:
        All midpoints that were guessed, the secret last.

    Raises:
        ValueError: If `low` is greater than `high`.
        IndexError: If `low` is not greater than `high`, but `secret` lies outside the range from `low` to
            `high`.
    """
    _check(low, high, secret)
    guesses = []
    while True:
        middle = (low + high) // 2
        guesses.append(middle)
        if middle == secret:
            return guesses
        if middle < secret:
            low = middle + 1
        else:
            high = middle - 1


def good(low, high, secret):
    _check(low, high, secret)
    middle = low + (high - low) // 2
    if middle == secret:
        return [middle]
    rest = good(middle + 1, high, secret) if middle < secret else good(low, middle - 1, secret)
    return [middle] + rest


def naive(low, high, secret):
    _check(low, high, secret)
    guesses = []
    while not guesses or guesses[-1] != secret:
        guesses = guesses + [(low >> 1) + (high >> 1) + (low & high & 1)]
        low, high = (guesses[-1] + 1, high) if guesses[-1] < secret else (low, guesses[-1] - 1)
    return guesses


def inputs(rng):
    least, most = -2**63, 2**63 - 1
    cases = [[0, 0, 0], [0, 1, 1], [-1, 0, 0], [-1, 0, -1], [-5, -2, -2], [1, 100, 37], [least, most, 0], [least, most, least], [least, most, most],
             [most - 1, most, most], [least, least + 1, least], [most - 1000, most, most - 3], [least, least + 999, least + 777], [-7, 8, 3]]
    for _ in range(10):
        low, high = sorted(rng.randint(least, most) for _ in range(2))
        cases.append([low, high, rng.randint(low, high)])
    for _ in range(6):
        low = rng.randint(-50, 50)
        high = low + rng.randint(0, 60)
        cases.append([low, high, rng.randint(low, high)])
    return cases


def sized(rng, n):
    return [-n, n, rng.randint(-n, n)]
