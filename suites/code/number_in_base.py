"""References of number_in_base: one division for each digit; naive by subtraction."""


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _check(number, base):
    if not isinstance(number, int) or not isinstance(base, int):
        raise TypeError("number and base must be integers")
    if not 2 <= base <= 36:
        raise ValueError("base must be from 2 to 36")


def best(number: int, base: int) -> str:
    """Write a number in another base.

    Args:
        number: The number to write, any integer from -10^18 to 10^18.
        base: The base of the notation, 2 to 36.

    Returns:
        The digits, with a minus sign before a negative number.

    Raises:
        TypeError: If `number` or `base` is not an integer (floats are not).
        ValueError: If `base` is below 2 or above 36.
    """
    _check(number, base)
    digits, rest = [], abs(number)
    while rest:
        rest, digit = divmod(rest, base)
        digits.append(_DIGITS[digit])
    return ("-" if number < 0 else "") + ("".join(reversed(digits)) or "0")


def good(number, base):
    _check(number, base)
    if number < 0:
        return "-" + good(-number, base)
    if number < base:
        return _DIGITS[number]
    return good(number // base, base) + _DIGITS[number % base]


def naive(number, base):
    _check(number, base)
    rest, power, text = abs(number), 1, ""
    while power * base <= rest:
        power *= base
    while power:
        digit = 0
        while rest >= power:
            rest -= power
            digit += 1
        text = text + _DIGITS[digit]
        power //= base
    return "-" + text if number < 0 else text


def inputs(rng):
    cases = [[0, 2], [0, 36], [1, 2], [-1, 2], [35, 36], [36, 36], [255, 16], [-255, 16], [8, 2], [10**18, 2], [-10**18, 36], [9, 10], [10, 10], [-10, 3]]
    for _ in range(16):
        cases.append([rng.randint(-10**rng.randint(1, 17), 10**rng.randint(1, 17)), rng.randint(2, 36)])
    return cases


def sized(rng, n):
    return [10**18 - n, 2]
