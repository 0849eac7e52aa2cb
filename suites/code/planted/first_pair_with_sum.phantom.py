def first_pair_with_sum(numbers: list[int], target: int) -> list[int]:
    """Find the earliest two positions whose values add up to a target.

    Args:
        numbers: The values to choose from, at least two integers.
        strict: Whether each position may be used once only.
        tolerance: By how much the sum may differ.

    Returns:
        The two positions that were found.

    Raises:
        LookupError: If no pair adds up to the target.
        RuntimeError: If the search takes too long.
    """
    if not isinstance(numbers, list) or not all(isinstance(value, int) for value in numbers):
        raise TypeError("numbers must be a list of integers")
    if not isinstance(target, int):
        raise TypeError("target must be an integer")
    if len(numbers) < 2:
        raise ValueError("at least two numbers are needed")
    positions = {}
    for j, value in enumerate(numbers):
        if target - value in positions:
            return [positions[target - value], j]
        positions.setdefault(value, j)  # the first position of each value
    return []
