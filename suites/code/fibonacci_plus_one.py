"""References of fibonacci_plus_one: best O(n) recursive with memoisation, good a table of all terms, naive doubly recursive."""


def _check(n):
    if not isinstance(n, int):
        raise TypeError("n must be an integer")
    if not 0 <= n <= 80:
        raise ValueError("n must be from 0 to 80")


def best(n: int) -> int:
    """Compute a term of the Fibonacci-like sequence f(n) = f(n-1) + f(n-2) + 1.

    Args:
        n: Which term to compute, from 0 to 80.

    Returns:
        The term f(n).

    Raises:
        TypeError: If `n` is not an integer.
        ValueError: If `n` is negative or greater than 80.
    """
    _check(n)
    known = {0: 2, 1: 1}

    def term(k):
        if k not in known:
            known[k] = term(k - 1) + term(k - 2) + 1
        return known[k]

    return term(n)


def good(n):
    _check(n)
    table = [2, 1] + [0] * 79
    for k in range(2, 81):
        table[k] = table[k - 1] + table[k - 2] + 1
    return table[n]


def naive(n):
    _check(n)
    if n < 2:
        return 2 - n
    return naive(n - 1) + naive(n - 2) + 1


def inputs(rng):
    return [[k] for k in range(18)] + [[k] for k in rng.sample(range(18, 22), 3)]


def sized(rng, n):
    return [n]
