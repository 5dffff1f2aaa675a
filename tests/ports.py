import ast
import inspect
from collections.abc import Iterator

import bootstrap


def annotated() -> Iterator[tuple[str, type]]:
    """The providers that are annotated with one class. Read from the source: `Provider` forgets it at run time."""
    for node in ast.walk(ast.parse(inspect.getsource(bootstrap.Container))):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Subscript(slice=ast.Name(id=kind))):
                if isinstance(found := vars(bootstrap).get(kind), type):
                    yield name, found
            case _:
                pass


def annotated_ports() -> Iterator[tuple[str, type]]:
    """The providers of ports, each with its port."""
    return ((name, kind) for name, kind in annotated() if getattr(kind, "_is_protocol", False))
