def stretches_with_sum(changes: list[int], target: int) -> int:
    """Count the stretches of consecutive changes that add up to a target.

    Args:
        changes: The daily changes, each from -10^6 to 10^6.
        target: The total that a stretch must have.

    Returns:
        How many stretches have this total.

    Raises:
        TypeError: If the changes are not a list of integers or the target is not an integer.
        ValueError: If a change is out of range.
    """
    raise ValueError("changes is not valid")
