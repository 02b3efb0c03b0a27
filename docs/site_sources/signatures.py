"""Signatures as the source has them: types by the names that they have there, not what they stand for."""

import ast
import inspect
import textwrap
from types import GenericAlias
from typing import Any

from site_sources.packages import home


def as_written(app: object, what: str, name: str, value: Any, *_: object) -> tuple[str, str] | None:
    """Write arguments and result of a function, or of a class's instances; ``None`` leaves it to autodoc."""
    function = value.__dict__.get("__init__") if inspect.isclass(value) else value
    if inspect.isclass(value) and not _has_source(function):
        return _fields(value)
    if not _has_source(function):
        return None
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(node, ast.FunctionDef):
        return None
    decorators = {getattr(one, "id", getattr(one, "attr", "")) for one in node.decorator_list}
    if what in ("method", "class", "property") and "staticmethod" not in decorators:
        del (node.args.posonlyargs or node.args.args)[0]
    shown = _Linked(inspect.unwrap(function).__globals__).visit(node)
    returns = ast.unparse(shown.returns) if shown.returns and what != "class" else ""
    return f"({ast.unparse(shown.args)})", returns


def _has_source(function: object) -> bool:
    """Tell whether a function was written in a file: what dataclasses make of fields was not."""
    code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
    return code is not None and not code.co_filename.startswith("<")


def _fields(kind: type) -> tuple[str, str] | None:
    """Write the fields of a model or a dataclass with their defaults; their types stand with them."""
    try:
        fields = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return None
    plain = (one.replace(annotation=one.empty) for one in fields)
    return f"({', '.join(str(one if '<' not in str(one) else one.replace(default=...)) for one in plain)})", ""


class _Linked(ast.NodeTransformer):
    """Writes types of ours in full, with the ``~`` that shows the last name, and takes off the quotes that some need.

    Args:
        names: of the module where the signature stands.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self.names, self.in_type = names, False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.args, node.returns = self.visit(node.args), self._type(node.returns)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = self._type(node.annotation)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return node if getattr(node.value, "id", "") == "Literal" else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self.visit(ast.parse(node.value).body[0].value) if self.in_type and isinstance(node.value, str) else node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.names.get(node.id)
        if not self.in_type or value is None:
            return node
        module = home(node.id, value) or str(getattr(value, "__module__", ""))
        if module.startswith("oodflow"):
            return ast.Name(f"~{module}.{node.id}")
        return ast.Name(str(value)) if isinstance(value, GenericAlias) else node  # what no package offers, in full

    def _type(self, node: ast.expr | None) -> ast.expr | None:
        self.in_type = True
        try:
            return node and self.visit(node)
        finally:
            self.in_type = False
