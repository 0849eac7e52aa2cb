def first_pair_with_sum(numbers: list[int], target: int) -> list[int]:
    """Find the earliest two positions whose values add up to a target.

    Args:
        numbers: The values to choose from, at least two integers.
        target: The sum that the two values must have.

    Returns:
        The positions [i, j] with the smallest j, then the smallest i; an empty list if no pair fits.

    Raises:
        TypeError: If the numbers are not a list of integers or the target is not an integer.
        ValueError: If there are fewer than two numbers.
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
        positions[value] = j
    return []
