"""References of project_end: best O(n + m) in order of readiness, good by depth-first search, naive O(n m) by relaxing all dependencies."""


def _check(durations, dependencies):
    if not isinstance(durations, list) or not all(isinstance(x, int) for x in durations):
        raise TypeError("durations must be a list of integers")
    if not isinstance(dependencies, list) or not all(isinstance(pair, list) and all(isinstance(x, int) for x in pair) for pair in dependencies):
        raise TypeError("dependencies must be a list of lists of integers")
    if not durations or min(durations) < 0:
        raise ValueError("there must be tasks, and no duration may be negative")
    if any(len(pair) != 2 or min(pair) < 0 or max(pair) >= len(durations) for pair in dependencies):
        raise ValueError("a dependency must be [before, after] with numbers of tasks")


def best(durations: list[int], dependencies: list[list[int]]) -> int:
    """Tell when a project can end.

    Args:
        durations: How many days each task takes, 1 to 10^4 integers from 0 to 10^6; the tasks are numbered
            from 0.
        dependencies: Pairs [before, after]: the second task can begin only when the first has ended; 0 to
            10^5 pairs, repeats allowed.

    Returns:
        The smallest number of days.

    Raises:
        TypeError: If `durations` is not a list of integers, or `dependencies` is not a list of lists of
            integers.
        ValueError: If there are no tasks, a duration is negative, a dependency has not exactly two numbers
            or names a task that does not exist, or the dependencies form a circle (also a task that depends
            on itself), even if all durations are 0.
    """
    _check(durations, dependencies)
    after, missing = [[] for _ in durations], [0] * len(durations)
    for a, b in dependencies:
        after[a].append(b)
        missing[b] += 1
    begin = [0] * len(durations)
    ready = [task for task, count in enumerate(missing) if count == 0]
    for task in ready:
        end = begin[task] + durations[task]
        for later in after[task]:
            begin[later] = max(begin[later], end)
            missing[later] -= 1
            if missing[later] == 0:
                ready.append(later)
    if len(ready) < len(durations):
        raise ValueError("the dependencies form a circle")
    return max(begin[task] + durations[task] for task in ready)


def good(durations, dependencies):
    _check(durations, dependencies)
    before = {}
    for a, b in dependencies:
        before.setdefault(b, set()).add(a)
    ends, open_tasks = {}, set()
    for first in range(len(durations)):
        stack = [first]
        while stack:
            task = stack[-1]
            waiting = [x for x in before.get(task, ()) if x not in ends]
            if not waiting:
                ends[task] = max((ends[x] for x in before.get(task, ())), default=0) + durations[task]
                open_tasks.discard(stack.pop())
                continue
            open_tasks.add(task)
            if waiting[0] in open_tasks:
                raise ValueError("the dependencies form a circle")
            stack.append(waiting[0])
    return max(ends.values())


def naive(durations, dependencies):
    _check(durations, dependencies)
    ends, depth = list(durations), [0] * len(durations)
    changed = True
    while changed:
        changed = False
        for a, b in reversed(dependencies):
            if ends[a] + durations[b] > ends[b] or depth[a] + 1 > depth[b]:
                ends[b] = max(ends[b], ends[a] + durations[b])
                depth[b] = max(depth[b], depth[a] + 1)
                changed = True
        if max(depth) >= len(durations):
            raise ValueError("the dependencies form a circle")
    return max(ends)


def inputs(rng):
    cases = [[[0], []], [[5], []], [[1, 2, 3], []], [[1, 2], [[0, 1]]], [[1, 2], [[1, 0]]], [[1, 2, 3], [[0, 1], [1, 2]]], [[3, 1, 1, 2], [[0, 3], [1, 2], [2, 3]]], [[1, 1], [[0, 1], [0, 1]]], [[10**6] * 5, [[k, k + 1] for k in range(4)]], [[0, 0], [[0, 1]]]]
    for _ in range(16):
        count = rng.randint(2, 10)
        order = rng.sample(range(count), count)
        pairs = []
        for _ in range(rng.randint(0, 15)):
            a, b = sorted(rng.sample(range(count), 2))
            pairs.append([order[a], order[b]])
        cases.append([[rng.randint(0, 20) for _ in range(count)], pairs])
    return cases


def sized(rng, n):
    return [[1] * n, [[k, k + 1] for k in range(n - 1)]]
