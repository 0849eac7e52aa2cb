"""What the benchmarks of the micro family share: its members, intervals, means over cells, tables."""
import math
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "models/micro"
STUDENTS = ["micro-lite", "micro-1.5", "micro-3", "micro-7", "micro-13", "micro-pro"]
TEACHER = "micro-teacher"
MEMBERS = STUDENTS + [TEACHER]
FAMILIES = ["arithmetic", "logic", "dialogue", "recall", "functions"]
Z = 1.959964  # 95 %


def has_weights(folder):
    return (folder / "config.json").exists() and any(folder.glob("model*.safetensors"))


def wilson(successes, trials):
    """Wilson's score interval (1927), as retort/problems/proportion.cc has it."""
    if trials == 0:
        return 0.0, 1.0
    p, z2 = successes / trials, Z * Z
    middle = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_of_cells(cells):
    """Mean accuracy over families and levels, each counting the same, and its variance: of independent proportions,
    with two successes and two failures added to each (Agresti and Coull 1998), so that 0 and 1 have some."""
    mean = sum(c["correct"] / c["problems"] for c in cells) / len(cells)
    variance = 0.0
    for c in cells:
        p = (c["correct"] + 2) / (c["problems"] + 4)
        variance += p * (1 - p) / (c["problems"] + 4)
    return mean, variance / len(cells) ** 2


def interval(mean, variance):
    half = Z * math.sqrt(variance)
    return max(0.0, mean - half), min(1.0, mean + half)


def percent(share, low, high):
    return f"{100 * share:5.1f} % ({100 * low:.1f} to {100 * high:.1f})"
