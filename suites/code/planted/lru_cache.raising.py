def lru_cache(capacity: int, operations: list[list[int]]) -> list[int]:
    """Simulate a cache that drops the least recently used key.

    Args:
        capacity: How many keys the cache holds, at least 1.
        operations: Reads [0, key] and writes [1, key, value], in order.

    Returns:
        What the reads yield, -1 for a key that is not in the cache.

    Raises:
        TypeError: If the capacity is not an integer or the operations are not lists of integers.
        ValueError: If the capacity is below 1 or an operation has another form.
    """
    raise ValueError("capacity is not valid")
