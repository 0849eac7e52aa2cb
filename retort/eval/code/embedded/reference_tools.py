# Stands behind the references of a problem, in their own sandbox, which no candidate ever sees.
def retort_cases(seed):
    """[arguments, what best gives, CPU seconds that naive takes] of each hidden input."""
    import copy
    import random
    import time

    cases = []
    for args in inputs(random.Random(seed)):
        value = best(*copy.deepcopy(args))
        spent = copy.deepcopy(args)
        begin = time.process_time()
        naive(*spent)
        cases.append([args, value, time.process_time() - begin])
    return cases


def retort_sized(seed, size):
    """The arguments of one call of that size."""
    import random

    return sized(random.Random(seed), size)
