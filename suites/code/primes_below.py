"""References of primes_below: best a sieve with slices, good a sieve with loops, naive by trial division through all smaller primes."""


def _check(limit):
    if not isinstance(limit, int):
        raise TypeError("limit must be an integer")
    if not 0 <= limit <= 10**6:
        raise ValueError("limit must be from 0 to 10^6")


def best(limit: int) -> list[int]:
    """List the prime numbers below a bound.

    Args:
        limit: The bound, not included, 0 to 10^6.

    Returns:
        The primes in ascending order.

    Raises:
        TypeError: If `limit` is not an integer.
        ValueError: If `limit` is negative or greater than 10^6.
    """
    _check(limit)
    if limit < 3:
        return []
    prime = bytearray([1]) * limit
    prime[0] = prime[1] = 0
    for p in range(2, int(limit**0.5) + 1):
        if prime[p]:
            prime[p * p::p] = bytes(len(range(p * p, limit, p)))
    return [k for k in range(limit) if prime[k]]


def good(limit):
    _check(limit)
    prime = [True] * limit
    primes = []
    for p in range(2, limit):
        if prime[p]:
            primes.append(p)
            for k in range(p * p, limit, p):
                prime[k] = False
    return primes


def naive(limit):
    _check(limit)
    primes = []
    for k in range(2, limit):
        for p in primes:
            if k % p == 0:
                break
        else:
            primes.append(k)
    return primes


def inputs(rng):
    return [[k] for k in (0, 1, 2, 3, 4, 5, 10, 11, 12, 25, 26, 49, 50, 100, 121, 122)] + [[rng.randint(130, 400)] for _ in range(8)]


def sized(rng, n):
    return [n]
