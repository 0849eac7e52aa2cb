"""References of modular_inverse: best O(log n) by Euclid, good O(sqrt n) by Euler's theorem, naive O(n)."""
import math


def _check(a, modulus):
    if not isinstance(a, int) or not isinstance(modulus, int):
        raise TypeError("a and modulus must be integers")
    if modulus < 2:
        raise ValueError("modulus must be at least 2")
    if math.gcd(a, modulus) != 1:
        raise ValueError("a has no inverse: it shares a divisor with the modulus")


def best(a: int, modulus: int) -> int:
    """Find the inverse of a number modulo another.

    Args:
        a: The number to invert, any integer, also negative or greater than the modulus.
        modulus: The modulus, 2 to 10^18.

    Returns:
        The inverse, from 0 to modulus - 1.

    Raises:
        TypeError: If `a` or `modulus` is not an integer (floats are not).
        ValueError: If `modulus` is below 2, or `a` has no inverse because it shares a divisor greater than
            1 with `modulus`.
    """
    _check(a, modulus)
    old, new, x, y = a % modulus, modulus, 1, 0
    while new:
        quotient = old // new
        old, new = new, old - quotient * new
        x, y = y, x - quotient * y
    return x % modulus


def good(a, modulus):
    _check(a, modulus)
    rest, totient, p = modulus, modulus, 2
    while p * p <= rest:
        if rest % p == 0:
            totient -= totient // p
            while rest % p == 0:
                rest //= p
        p += 1
    if rest > 1:
        totient -= totient // rest
    return pow(a, totient - 1, modulus)  # Euler: a^totient = 1


def naive(a, modulus):
    _check(a, modulus)
    for x in range(modulus):
        if a * x % modulus == 1:
            return x


def inputs(rng):
    cases = [[1, 2], [-1, 2], [1, 1000], [-1, 1000], [3, 7], [10, 7], [-3, 7], [7, 3], [2, 9], [10**18 + 1, 10], [999, 1000], [5, 12]]
    while len(cases) < 28:
        a, modulus = rng.randint(-2000, 2000), rng.randint(2, 1000)
        if math.gcd(a, modulus) == 1:
            cases.append([a, modulus])
    return cases


def sized(rng, n):
    return [-1, n + 1]
