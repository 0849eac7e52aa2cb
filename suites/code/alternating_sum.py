"""References of alternating_sum: one pass each; naive with powers."""


def _check(numbers):
    if not numbers:
        raise ValueError("numbers must not be empty")
    if any(not -10**9 <= x <= 10**9 for x in numbers):
        raise IndexError("every number must be from -10^9 to 10^9")


def best(numbers: list[int]) -> int:
    """Add up terms with alternating signs.

    Args:
        numbers: The terms, 1 to 10^5 integers from -10^9 to 10^9.

    Returns:
        The alternating sum.

    Raises:
        ValueError: If `numbers` is empty.
        IndexError: If a number is below -10^9 or above 10^9.
    """
    _check(numbers)
    return sum(numbers[::2]) - sum(numbers[1::2])


def good(numbers):
    _check(numbers)
    total, sign = 0, 1
    for x in numbers:
        total += sign * x
        sign = -sign
    return total


def naive(numbers):
    _check(numbers)
    total = 0
    for k in range(len(numbers)):
        total += (-1) ** k * numbers[k]
    return total


def inputs(rng):
    cases = [[[0]], [[7]], [[-7]], [[1, 1]], [[1, 2]], [[10**9, -10**9] * 5], [[3, 3, 3]], [[1, 2, 3, 4, 5]], [[-1, -2, -3]]]
    for _ in range(16):
        cases.append([[rng.randint(-100, 100) for _ in range(rng.randint(2, 25))]])
    return cases


def sized(rng, n):
    return [[rng.randint(-n, n) for _ in range(n)]]
