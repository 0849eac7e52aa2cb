def first_pair_with_sum(numbers, target):
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
        positions.setdefault(value, j)
    return []
