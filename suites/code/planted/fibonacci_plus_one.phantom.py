import functools


def fibonacci_plus_one(n: int) -> int:
    """Compute a term of the sequence f(n) = f(n-1) + f(n-2) + 1.

    Args:
        n: The index of the term, 0 to 80; f(0) is 2 and f(1) is 1.
        memo: The terms that are known already.
        depth: How deep the recursion may go.

    Returns:
        The term f(n).

    Raises:
        RecursionError: If the recursion goes too deep.
        OverflowError: If the term does not fit into 64 bits.
    """
    if not isinstance(n, int):
        raise TypeError("n must be an integer")
    if n < 0 or n > 80:
        raise ValueError("n must be from 0 to 80")
    @functools.cache
    def term(k):
        return 2 - k if k < 2 else term(k - 1) + term(k - 2) + 1

    return term(n)
