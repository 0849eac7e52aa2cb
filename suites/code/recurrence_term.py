"""References of recurrence_term: best O(log n) by doubling, good O(log n) by matrices, naive O(n)."""


def _check(n, modulus):
    if not isinstance(n, int) or not isinstance(modulus, int):
        raise TypeError("n and modulus must be integers")
    if n < 0 or modulus < 1:
        raise ValueError("n must not be negative, modulus must be positive")


def best(n: int, modulus: int) -> int:
    """Compute a far term of the sequence g(n) = 3 g(n-1) - g(n-2).

    Args:
        n: Which term to compute, 0 to 10^18.
        modulus: What the term is reduced by, 1 to 10^9.

    Returns:
        The term modulo the modulus.

    Raises:
        TypeError: If `n` or `modulus` is not an integer (floats are not).
        ValueError: If `n` is negative, or `modulus` is below 1.
    """
    _check(n, modulus)
    # g(n) is the Fibonacci number F(2n), and F doubles: F(2k) = F(k) (2 F(k+1) - F(k)), F(2k+1) = F(k)^2 + F(k+1)^2.
    f, g = 0, 1
    for bit in bin(2 * n)[2:]:
        f, g = f * (2 * g - f) % modulus, (f * f + g * g) % modulus
        if bit == "1":
            f, g = g, (f + g) % modulus
    return f % modulus


def good(n, modulus):
    _check(n, modulus)

    def times(x, y):
        return [(x[0] * y[0] + x[1] * y[2]) % modulus, (x[0] * y[1] + x[1] * y[3]) % modulus,
                (x[2] * y[0] + x[3] * y[2]) % modulus, (x[2] * y[1] + x[3] * y[3]) % modulus]

    power, result = [3, -1, 1, 0], [1, 0, 0, 1]
    while n:
        if n & 1:
            result = times(result, power)
        power = times(power, power)
        n >>= 1
    return result[2] % modulus


def naive(n, modulus):
    _check(n, modulus)
    before, now = 0, 1
    for _ in range(n):
        before, now = now, (3 * now - before) % modulus
    return before % modulus


def inputs(rng):
    cases = [[0, 1], [0, 10], [1, 1], [1, 10], [2, 10], [3, 10], [4, 10], [5, 1000], [10, 2], [20, 10**9], [64, 7], [1000, 10**9], [999, 997], [0, 10**9]]
    for _ in range(14):
        cases.append([rng.randint(0, 2000), rng.randint(1, 10**9)])
    return cases


def sized(rng, n):
    return [n, 10**9 - 63]
