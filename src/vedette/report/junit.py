"""A comparison or a check of a schema as JUnit XML, for build servers: one test case per column.

Owns: the mapping of verdicts: alarming fails, unknown is skipped, notable passes with its reasons
as output.  Does not own: files.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from vedette.report import words

# By the document's format.
CLASSES = {"vedette.schema_check": "vedette.schema", "vedette.suite_run": "vedette.suite"}
CLASS = "vedette.compare"


def render_junit(document: Mapping[str, Any]) -> str:
    """Render the document of a comparison or of a check of a schema as JUnit XML.

    Bounds: characters that XML cannot hold are spelt out, so that the file can always be read.
    """
    findings = {finding["id"]: finding for finding in document["findings"]}
    about = CLASSES.get(document["format"], CLASS)
    suite = ET.Element("testsuite", name=about, errors="0", time="0")
    _properties(suite, document)
    for column in document["columns"]:
        _case(suite, column["name"], column["verdict"], column["headline"],
              [findings[key] for key in column["findings"] if key in findings])  # fmt: skip
    names = {column["name"] for column in document["columns"]}
    others = [finding for finding in document["findings"] if finding["column"] not in names]
    for name in dict.fromkeys(finding["column"] or finding["monitor"] for finding in others):
        own = [f for f in others if (f["column"] or f["monitor"]) == name]
        _case(suite, name, words.worst(f["verdict"] for f in own), own[0]["reason"], own)
    totals: dict[str, str] = {
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "skipped": str(len(suite.findall("testcase/skipped"))),
    }
    suite.attrib.update(totals)
    root = ET.Element("testsuites", {"name": about, "errors": "0", "time": "0", **totals})
    root.append(suite)
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"


def _properties(suite: ET.Element, document: Mapping[str, Any]) -> None:
    values = {
        "verdict": document["verdict"],
        "vedette": document["vedette"],
        **{f"settings.{key}": value for key, value in document["settings"].items()},
        **{
            f"{side}.{key}": document[side][key]
            for side in ("reference", "current")
            if side in document
            for key in ("name", "rows")
        },
    }
    parent = ET.SubElement(suite, "properties")
    for name, value in values.items():
        ET.SubElement(parent, "property", name=name, value=words.visible(str(value)))


def _case(
    suite: ET.Element,
    name: str,
    verdict: str,
    headline: str,
    findings: Sequence[Mapping[str, Any]],
) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=suite.get("name", CLASS), name=words.visible(name), time="0"
    )
    headline = words.visible(headline)
    if verdict == "alarming":
        failure = ET.SubElement(case, "failure", type="alarming", message=headline)
        failure.text = _reasons(findings, words.MATTER) or headline
    elif verdict == "unknown":
        ET.SubElement(case, "skipped", message=headline)
    elif verdict == "notable":
        ET.SubElement(case, "system-out").text = _reasons(findings, words.MATTER) or headline


def _reasons(findings: Sequence[Mapping[str, Any]], verdicts: Sequence[str]) -> str:
    return "\n".join(
        words.visible(f"{finding['verdict']}: {finding['reason']}")
        for finding in findings
        if finding["verdict"] in verdicts
    )
