import functools


def fibonacci_plus_one(n):
    if not isinstance(n, int):
        raise TypeError("n must be an integer")
    if n < 0 or n > 80:
        raise ValueError("n must be from 0 to 80")
    @functools.cache
    def term(k):
        return 2 - k if k < 2 else term(k - 1) + term(k - 2) + 1

    return term(n)
