"""A row by row comparison as JUnit XML, one test case per column.

Owns: the mapping of verdicts: alarming fails, unknown is skipped, notable passes with its reason as
output.
"""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from vedette.report import words
from vedette.report.skew import about, why

CLASS = "vedette.skew"


def render_skew_junit(document: Mapping[str, Any]) -> str:
    """Render the document of a row by row comparison as JUnit XML."""
    suite = ET.Element("testsuite", name=CLASS, errors="0", time="0")
    parent = ET.SubElement(suite, "properties")
    for i, line in enumerate([document["verdict"], *about(document)]):
        name = f"about.{i}" if i else "verdict"
        ET.SubElement(parent, "property", name=name, value=words.visible(line))
    for column in document["columns"]:
        case = ET.SubElement(
            suite, "testcase", classname=CLASS, name=words.visible(column["name"]), time="0"
        )
        reason = words.visible(column["reason"])
        told = words.visible("\n".join([column["reason"], *why(column)]))
        if column["verdict"] == "alarming":
            ET.SubElement(case, "failure", type="alarming", message=reason).text = told
        elif column["verdict"] == "unknown":
            ET.SubElement(case, "skipped", message=reason)
        elif column["verdict"] == "notable":
            ET.SubElement(case, "system-out").text = told
    totals = {
        "tests": str(len(document["columns"])),
        "failures": str(document["counts"]["alarming"]),
        "skipped": str(document["counts"]["unknown"]),
    }
    suite.attrib.update(totals)
    root = ET.Element("testsuites", {"name": CLASS, "errors": "0", "time": "0", **totals})
    root.append(suite)
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"
