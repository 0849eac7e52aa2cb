import math


def sum_of_multiples(limit, a, b):
    if not all(isinstance(value, int) for value in (limit, a, b)):
        raise TypeError("limit, a and b must be integers")
    if limit < 0 or a < 1 or b < 1:
        raise ValueError("limit must not be negative, a and b must be at least 1")
    def multiples(step):
        count = max(limit - 1, 0) // step
        return step * count * (count + 1) // 2

    return multiples(a) + multiples(b) - multiples(math.lcm(a, b))
