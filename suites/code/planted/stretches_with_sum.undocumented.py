def stretches_with_sum(changes, target):
    if not isinstance(changes, list) or not all(isinstance(change, int) for change in changes):
        raise TypeError("changes must be a list of integers")
    if not isinstance(target, int):
        raise TypeError("target must be an integer")
    if any(abs(change) > 1000000 for change in changes):
        raise ValueError("a change must be from -10^6 to 10^6")
    count = balance = 0
    earlier = {0: 1}
    for change in changes:
        balance += change
        count += earlier.get(balance - target, 0)
        earlier[balance] = earlier.get(balance, 0) + 1
    return count
