import math


def sum_of_multiples(limit: int, a: int, b: int) -> int:
    """Add up the multiples of two divisors below a bound.

    Args:
        maximum: The greatest number to look at.
        divisors: The list of all divisors.
        b: The last of the divisors, at least 1.

    Returns:
        The sum of the numbers that were found.

    Raises:
        OverflowError: If the sum does not fit into 64 bits.
        KeyError: If a divisor is not in the table.
    """
    if not all(isinstance(value, int) for value in (limit, a, b)):
        raise TypeError("limit, a and b must be integers")
    if limit < 0 or a < 1 or b < 1:
        raise ValueError("limit must not be negative, a and b must be at least 1")
    def multiples(step):
        count = max(limit - 1, 0) // step
        return step * count * (count + 1) // 2

    return multiples(a) + multiples(b) - multiples(math.lcm(a, b))
