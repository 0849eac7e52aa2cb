import functools


def fibonacci_plus_one(n: int) -> int:
    """Compute a term of the sequence f(n) = f(n-1) + f(n-2) + 1.

    Args:
        n: The index of the term, 0 to 80; f(0) is 2 and f(1) is 1.

    Returns:
        The term f(n).

    Raises:
        TypeError: If the index is not an integer.
        ValueError: If the index is negative or greater than 80.
    """
    if not isinstance(n, int):
        raise TypeError("n must be an integer")
    if n < 0 or n > 80:
        raise ValueError("n must be from 0 to 80")
    if n < 2:
        return 2 - n
    return fibonacci_plus_one(n - 1) + fibonacci_plus_one(n - 2) + 1
