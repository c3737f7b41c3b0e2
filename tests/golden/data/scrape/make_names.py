"""Make `vllm_names.txt` beside this file: the metrics that vLLM registers, read out of its package,
which needs a GPU to run.

pip download --no-deps vllm==0.33.0; python make_names.py vllm-0.33.0-*.whl
"""

import ast
import re
import sys
import zipfile
from pathlib import Path

KIND = re.compile(r"_?(counter|gauge|histogram)_cls$")


def main(wheel):
    """Write the file: kind and name, a line each."""
    found = set()
    with zipfile.ZipFile(wheel) as package:
        for name in package.namelist():
            if name.startswith("vllm/v1/") and name.endswith(".py"):
                found |= set(registered(ast.parse(package.read(name).decode())))
    Path(__file__).with_name("vllm_names.txt").write_text(
        f"# {Path(wheel).name.partition('-cp')[0]}\n" + "\n".join(sorted(found)) + "\n"
    )


def registered(source):
    """The metrics that some source makes."""
    for node in ast.walk(source):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        kind = KIND.search(node.func.attr)
        named = next((one.value for one in node.keywords if one.arg == "name"), None)
        if kind and isinstance(named, ast.Constant) and str(named.value).startswith("vllm:"):
            yield f"{kind[1]} {named.value}"


if __name__ == "__main__":
    main(sys.argv[1])
