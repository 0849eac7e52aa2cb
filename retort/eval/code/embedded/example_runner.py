"""Runs inside the sandbox, beside the candidate's answer.py: evaluates the examples of its docstring, one after
another in one namespace, as a reader would type them."""
import ast

import answer

namespace = dict(vars(answer))


def evaluate(text):
    tree = ast.parse(text)
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        return eval(compile(text, "example", "eval"), namespace)
    exec(compile(tree, "example", "exec"), namespace)
    return None
