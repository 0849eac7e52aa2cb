"""References of last_digit_of_power: best O(log n) by modular power, good by the cycle of digits, naive O(n)."""


def _check(base, exponent):
    if not isinstance(base, int) or not isinstance(exponent, int):
        raise TypeError("base and exponent must be integers")
    if base < 0 or exponent < 0:
        raise ValueError("base and exponent must not be negative")


def best(base: int, exponent: int) -> int:
    """Compute the last digit of a large power.

    Args:
        base: The number that is raised, 0 to 10^18.
        exponent: How often it is multiplied, 0 to 10^18.

    Returns:
        The last decimal digit, 0 to 9.

    Raises:
        TypeError: If `base` or `exponent` is not an integer.
        ValueError: If `base` or `exponent` is negative.
    """
    _check(base, exponent)
    return pow(base, exponent, 10)


def good(base, exponent):
    _check(base, exponent)
    digits, digit = [], 1
    while digit not in digits[1:]:
        digits.append(digit)
        digit = digit * base % 10
    if exponent < len(digits):
        return digits[exponent]
    return digits[1 + (exponent - 1) % (len(digits) - 1)] if len(digits) > 1 else digit


def naive(base, exponent):
    _check(base, exponent)
    digit = 1
    for _ in range(exponent):
        digit = digit * base % 10
    return digit


def inputs(rng):
    cases = [[0, 0], [0, 5], [5, 0], [1, 100], [2, 1], [2, 4], [2, 5], [7, 3], [9, 2], [10, 7], [10**18, 3], [12345678901, 13], [4, 99], [16, 1]]
    for _ in range(14):
        cases.append([rng.randint(0, 300), rng.randint(0, 300)])
    return cases


def sized(rng, n):
    return [987654321987, n]
