def lru_cache(capacity, operations):
    if not isinstance(capacity, int) or not isinstance(operations, list):
        raise TypeError("capacity must be an integer, operations a list")
    if capacity < 1:
        raise ValueError("capacity must be at least 1")
    for operation in operations:
        if not isinstance(operation, list) or not all(isinstance(value, int) for value in operation):
            raise TypeError("an operation must be a list of integers")
        if (len(operation), operation[:1]) not in [(2, [0]), (3, [1])]:
            raise ValueError("an operation must be [0, key] or [1, key, value]")
    cache, reads = {}, []
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
