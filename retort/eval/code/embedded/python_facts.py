"""Runs inside the sandbox: reads a candidate's source as text, without running it, and returns what stands in it.
What that is worth is decided outside."""
import ast


def find(tree, path):
    """The last definition of the dotted name, since that is the one that a call reaches."""
    found = tree
    for part in path.split("."):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        matches = [node for node in found.body if isinstance(node, kinds) and node.name == part]
        if not matches:
            return None
        found = matches[-1]
    return found


def parameters_of(node):
    if isinstance(node, ast.ClassDef):
        node = find(node, "__init__")
        if node is None:
            return []
    a = node.args
    every = a.posonlyargs + a.args + ([a.vararg] if a.vararg else []) + a.kwonlyargs + ([a.kwarg] if a.kwarg else [])
    return [p.arg for p in every if p.arg not in ("self", "cls")]


def names_caught(handler):
    if handler.type is None:
        return None
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [ast.unparse(t) for t in types]


def does_nothing(body):
    def idle(node):
        constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        return constant or isinstance(node, (ast.Pass, ast.Continue))
    return all(idle(node) for node in body)


def raises_again(handler):
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def facts(source, entry):
    tree = ast.parse(source)
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    caught = [(h, names_caught(h)) for h in handlers]
    broad = [h for h, names in caught if names and {"Exception", "BaseException"} & set(names) and not raises_again(h)]
    node = find(tree, entry)
    return {"found": node is not None,
            "docstring": ast.get_docstring(node) if node is not None else None,
            "parameters": parameters_of(node) if node is not None else [],
            "handlers": len(handlers),
            "bare": sum(names is None for _, names in caught),
            "broad": len(broad),
            "empty": sum(does_nothing(h.body) for h in handlers)}


def literal(text):
    """The value that a docstring's example promises; raises ValueError or SyntaxError where it is no literal."""
    return ast.literal_eval(text.strip())
