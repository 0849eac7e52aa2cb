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
    raise ValueError("numbers is not valid")
