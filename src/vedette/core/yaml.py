"""Reading a YAML mapping while remembering the line of every key.

Owns: syntax errors in one sentence, line numbers, refusing what is not plain data.  Does not own:
what the keys mean.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from vedette.core.errors import SettingsError

OTHERS: Mapping[str, str] = MappingProxyType(  # what YAML reads a key as, if not as text
    {
        "tag:yaml.org,2002:bool": "true or false",
        "tag:yaml.org,2002:int": "a number",
        "tag:yaml.org,2002:float": "a number",
        "tag:yaml.org,2002:null": "nothing",
        "tag:yaml.org,2002:timestamp": "a time",
    }
)


class _Loader(yaml.SafeLoader):
    """One that says where a value is that looks like a day or a number, and is none."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            said = f"cannot read {node.value!r}: {error}"
            raise yaml.constructor.ConstructorError(None, None, said, node.start_mark) from None


class Read(NamedTuple):
    """A mapping, and the line of every key by its path from the root."""

    value: Mapping[str, Any]
    lines: Mapping[tuple[str, ...], int]


def read_yaml(text: str, where: str) -> Read:
    """Read one YAML mapping of plain data.

    Errors: SettingsError for broken YAML (with its line), for a key written twice or that YAML does
    not read as text, and when the root is not a mapping.
    Example:
        >>> read_yaml("a: 1\\nb: {c: 2}\\n", "example").lines
        {('a',): 1, ('b',): 2, ('b', 'c'): 2}
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        value = {} if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise SettingsError(
            where + line, f"broken YAML: {getattr(error, 'problem', error)}"
        ) from None
    finally:
        loader.dispose()
    if not isinstance(value, dict):
        raise SettingsError(where, "must be a mapping", got=type(value).__name__)
    lines: dict[tuple[str, ...], int] = {}
    if node is not None:
        _walk(node, (), lines, where)
    return Read(value, lines)


def _walk(
    node: yaml.Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int], where: str
) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        here = (*path, str(key.value))
        line = key.start_mark.line + 1
        if key.tag in OTHERS:
            raise SettingsError(
                f"{where} line {line}", f"YAML reads the key {key.value!r} as {OTHERS[key.tag]}",
                want="text", hint=f'quote the key: "{key.value}"',
            )  # fmt: skip
        if here in lines:
            raise SettingsError(f"{where} line {line}", f"the key {key.value!r} is written twice")
        lines[here] = line
        _walk(value, here, lines, where)
