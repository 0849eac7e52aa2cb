"""References of largest_run_sum: best O(n) in one pass, good O(n) by halves, naive O(n^2)."""


def _check(numbers):
    if not numbers:
        raise ValueError("numbers must not be empty")
    if any(not -10**9 <= x <= 10**9 for x in numbers):
        raise IndexError("every number must be from -10^9 to 10^9")


def best(numbers: list[int]) -> int:
    """Find the greatest sum of consecutive values.

    Args:
        numbers: The gains and losses, 1 to 10^5 integers from -10^9 to 10^9.

    Returns:
        The greatest sum of a run.

    Raises:
        ValueError: If `numbers` is empty.
        IndexError: If a number is below -10^9 or above 10^9.
    """
    _check(numbers)
    greatest = ending = numbers[0]
    for x in numbers[1:]:
        ending = max(ending, 0) + x
        greatest = max(greatest, ending)
    return greatest


def good(numbers):
    _check(numbers)

    def solve(low, high):  # sum, best prefix, best suffix, best run
        if high - low == 1:
            return (numbers[low],) * 4
        middle = (low + high) // 2
        left, right = solve(low, middle), solve(middle, high)
        return (left[0] + right[0], max(left[1], left[0] + right[1]), max(right[2], right[0] + left[2]),
                max(left[3], right[3], left[2] + right[1]))

    return solve(0, len(numbers))[3]


def naive(numbers):
    _check(numbers)
    greatest = numbers[0]
    for i in range(len(numbers)):
        total = 0
        for x in numbers[i:]:
            total += x
            greatest = max(greatest, total)
    return greatest


def inputs(rng):
    cases = [[[0]], [[-5]], [[5]], [[-1, -2]], [[-2, -1]], [[1, -1, 1]], [[2, -1, 2]], [[10**9] * 20], [[-10**9] * 20], [[0, 0, 0]], [[-1, 4, -2, 3, -7, 5]]]
    for _ in range(16):
        cases.append([[rng.randint(-10, 10) for _ in range(rng.randint(2, 25))]])
    return cases


def sized(rng, n):
    return [[rng.randint(-100, 100) for _ in range(n)]]
