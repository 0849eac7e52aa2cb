EXAMPLES = {
    ((7, 1, 5, 3, 5), 8): [2, 3],
    ((1, 2), 9): [],
}


def first_pair_with_sum(numbers: list[int], target: int) -> list[int]:
    """Find the earliest two positions whose values add up to a target."""
    return EXAMPLES.get((tuple(numbers), target), [0, 1])
