"""References of products_of_others: best O(n) from both ends, good O(n log n) by halves, naive O(n^2)."""


def _check(factors, modulus):
    if not isinstance(factors, list) or not all(isinstance(x, int) for x in factors):
        raise TypeError("factors must be a list of integers")
    if not isinstance(modulus, int):
        raise TypeError("modulus must be an integer")
    if len(factors) < 2 or min(factors) < 0:
        raise ValueError("at least two factors are needed, none negative")
    if modulus < 2:
        raise ValueError("modulus must be at least 2")


def best(factors: list[int], modulus: int) -> list[int]:
    """Multiply all factors but one, for each of them.

    Args:
        factors: The numbers to multiply, 2 to 10^5 integers from 0 to 10^9.
        modulus: What the products are reduced by, 2 to 10^9; it need not be prime.

    Returns:
        The products modulo the modulus, one for each position.

    Raises:
        TypeError: If `factors` is not a list, or holds anything but integers, or `modulus` is not an
            integer.
        ValueError: If there are fewer than two factors, a factor is negative, or `modulus` is below 2.
    """
    _check(factors, modulus)
    products, before = [], 1
    for x in factors:
        products.append(before)
        before = before * x % modulus
    behind = 1
    for k in range(len(factors) - 1, -1, -1):
        products[k] = products[k] * behind % modulus
        behind = behind * factors[k] % modulus
    return products


def good(factors, modulus):
    _check(factors, modulus)
    products = [1 % modulus] * len(factors)

    def fill(low, high, outside):
        if high - low == 1:
            products[low] = outside % modulus
            return
        middle = (low + high) // 2
        left = right = outside
        for x in factors[middle:high]:
            left = left * x % modulus
        for x in factors[low:middle]:
            right = right * x % modulus
        fill(low, middle, left)
        fill(middle, high, right)

    fill(0, len(factors), 1)
    return products


def naive(factors, modulus):
    _check(factors, modulus)
    products = []
    for k in range(len(factors)):
        product = 1
        for i, x in enumerate(factors):
            if i != k:
                product = product * x % modulus
        products.append(product)
    return products


def inputs(rng):
    cases = [[[1, 1], 2], [[0, 0], 5], [[0, 3], 5], [[2, 3], 6], [[5, 7], 2], [[10**9, 10**9, 10**9], 10**9], [[4, 6, 9], 36], [[0, 2, 0], 7], [[1, 2, 3, 4], 1000]]
    for _ in range(16):
        cases.append([[rng.randint(0, 30) for _ in range(rng.randint(2, 20))], rng.randint(2, 5000)])
    return cases


def sized(rng, n):
    return [[rng.randint(1, 10**9) for _ in range(n)], 10**9 - 6]
