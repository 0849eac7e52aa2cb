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
    if not isinstance(capacity, int) or not isinstance(operations, list):
        raise TypeError("capacity must be an integer, operations a list")
    if capacity < 1:
        raise ValueError("capacity must be at least 1")
    for operation in operations:
        if not isinstance(operation, list) or not all(isinstance(value, int) for value in operation):
            raise TypeError("an operation must be a list of integers")
        if (len(operation), operation[:1]) not in [(2, [0]), (3, [1])]:
            raise ValueError("an operation must be [0, key] or [1, key, value]")
    cache, reads = {}, []  # the cache is in order of use
    for kind, key, *value in operations:
        if kind == 0:
            if key in cache:
                cache[key] = cache.pop(key)
            reads.append(cache.get(key, -1))
        else:
            cache.pop(key, None)
            cache[key] = value[0]
            if len(cache) > capacity:
                del cache[next(iter(cache))]
    return reads
