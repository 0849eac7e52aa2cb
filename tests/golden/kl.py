"""Logits as files of f32, and how far two distributions are apart."""
import array
import math


def floats(path):
    values = array.array("f")
    values.frombytes(path.read_bytes())
    return values


def mean_kl(p_logits, q_logits, vocabulary):
    """Mean over rows of KL(p || q)."""
    each = kl_of_rows(p_logits, q_logits, vocabulary)
    return sum(each) / len(each)


def kl_of_rows(p_logits, q_logits, vocabulary):
    each = []
    for r in range(len(p_logits) // vocabulary):
        p = p_logits[r * vocabulary:(r + 1) * vocabulary]
        q = q_logits[r * vocabulary:(r + 1) * vocabulary]
        top_p, top_q = max(p), max(q)
        log_p = math.log(sum(math.exp(x - top_p) for x in p)) + top_p
        log_q = math.log(sum(math.exp(x - top_q) for x in q)) + top_q
        each.append(sum(math.exp(a - log_p) * ((a - log_p) - (b - log_q)) for a, b in zip(p, q)))
    return each
