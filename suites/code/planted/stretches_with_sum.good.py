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
    if not isinstance(changes, list) or not all(isinstance(change, int) for change in changes):
        raise TypeError("changes must be a list of integers")
    if not isinstance(target, int):
        raise TypeError("target must be an integer")
    if any(abs(change) > 1000000 for change in changes):
        raise ValueError("a change must be from -10^6 to 10^6")
    count = balance = 0
    earlier = {0: 1}  # how often each balance occurred
    for change in changes:
        balance += change
        count += earlier.get(balance - target, 0)
        earlier[balance] = earlier.get(balance, 0) + 1
    return count
