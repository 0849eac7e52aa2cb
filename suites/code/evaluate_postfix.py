"""References of evaluate_postfix: best O(n) with a stack, good O(n) with nested tuples, naive O(n^2) by reducing the list."""
import re


def _check(tokens):
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise TypeError("tokens must be a list of strings")
    if not tokens:
        raise ValueError("tokens must not be empty")
    for token in tokens:
        if not re.fullmatch("-?[0-9]+|[-+*/]", token):
            raise ValueError(f"{token!r} is neither an integer nor an operator")


def _apply(operator, a, b):
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def best(tokens: list[str]) -> int:
    """Evaluate an expression in postfix notation.

    Args:
        tokens: The expression in postfix notation, 1 to 10^4 tokens: integers such as `7` or `-12`, and the
            operators `+`, `-`, `*` and `/`.

    Returns:
        The value of the expression.

    Raises:
        TypeError: If `tokens` is not a list, or holds anything but strings.
        ValueError: If `tokens` is empty, a token is neither an integer in ASCII digits (with or without a
            minus sign) nor an operator, an operator finds fewer than two values, or not exactly one value
            is left at the end.
        ZeroDivisionError: If the right operand of a division is zero.
    """
    _check(tokens)
    stack = []
    for token in tokens:
        if token not in ("+", "-", "*", "/"):
            stack.append(int(token))
            continue
        if len(stack) < 2:
            raise ValueError(f"operator {token} has fewer than two operands")
        right = stack.pop()
        stack.append(_apply(token, stack.pop(), right))
    if len(stack) != 1:
        raise ValueError(f"{len(stack)} values are left")
    return stack[0]


def good(tokens):
    _check(tokens)
    stack = ()
    for token in tokens:
        if token in "+-*/":
            if not stack or not stack[1]:
                raise ValueError("too few operands")
            right, (left, rest) = stack
            stack = (_apply(token, left, right), rest)
        else:
            stack = (int(token), stack)
    if stack[1:] != ((),):
        raise ValueError("too many values")
    return stack[0]


def naive(tokens):
    _check(tokens)
    rest = [token if token in "+-*/" else int(token) for token in tokens]
    while len(rest) > 1:
        for k in range(2, len(rest)):
            if isinstance(rest[k], str) and not isinstance(rest[k - 1], str) and not isinstance(rest[k - 2], str):
                rest = rest[:k - 2] + [_apply(rest[k], rest[k - 2], rest[k - 1])] + rest[k + 1:]
                break
        else:
            raise ValueError("not a postfix expression")
    if isinstance(rest[0], str):
        raise ValueError("an operator alone")
    return rest[0]


def inputs(rng):
    cases = [[["0"]], [["-5"]], [["1", "2", "+"]], [["1", "2", "-"]], [["7", "-2", "/"]], [["-7", "2", "/"]], [["-7", "-2", "/"]], [["1", "2", "/"]], [["2", "3", "4", "*", "+"]], [["2", "3", "+", "4", "*"]], [["007", "1", "*"]], [["5", "1", "2", "+", "4", "*", "+", "3", "-"]]]
    for _ in range(16):
        tokens, depth = [str(rng.randint(-9, 9))], 1
        for _ in range(rng.randint(1, 8)):
            if depth == 1 or rng.random() < 0.5:
                tokens.append(str(rng.choice([-7, -2, -1, 1, 2, 3, 9])))
                depth += 1
            else:
                tokens.append(rng.choice("+-*"))
                depth -= 1
        tokens += [rng.choice("+-*") for _ in range(depth - 1)]
        if rng.random() < 0.6:
            tokens += [str(rng.choice([-3, -2, 2, 5])), "/"]
        cases.append([tokens])
    return cases


def sized(rng, n):
    return [["1"] * (n + 1) + ["+"] * n]
