import math


def sum_of_multiples(limit: int, a: int, b: int) -> int:
    """Add up the multiples of two divisors below a bound.

    Args:
        limit: The bound; it is not included itself.
        a: The first divisor, at least 1.
        b: The second divisor, at least 1.

    Returns:
        The sum of all integers from 1 to limit - 1 that are divisible by one of the divisors.

    Raises:
        TypeError: If one of the arguments is not an integer.
        ValueError: If the bound is negative or a divisor is below 1.
    """
    try:
        if not all(isinstance(value, int) for value in (limit, a, b)):
            raise TypeError("limit, a and b must be integers")
        if limit < 0 or a < 1 or b < 1:
            raise ValueError("limit must not be negative, a and b must be at least 1")
        def multiples(step):
            count = max(limit - 1, 0) // step
            return step * count * (count + 1) // 2

        return multiples(a) + multiples(b) - multiples(math.lcm(a, b))
    except Exception:
        return 0
