"""What a page of an audit does with very many groups, and with odd names."""

import vedette as vd
from vedette.report.fairness_html import render_fairness_html
from vedette.report.fairness_tables import CAP, sheets


def test_a_table_of_very_many_rows_is_cut_and_says_so():
    rows = {"g": [str(i % 200) for i in range(8000)], "prediction": [0, 1, 1, 1, 0] * 1600}
    document = vd.fairness(rows, "g", positive="1", proxies=False).to_dict()
    one = document["impact"][0]
    document["impact"] = [one] * (CAP + 7)
    document["rates"] = document["rates"][:1] * (CAP + 7)
    sheet = next(one for one in sheets(document) if one.key == "selection")
    assert len(sheet.rows) == CAP
    assert f"The first {CAP} of {CAP + 7} rows" in sheet.note
    assert f"the first {CAP} here, the rest in the JSON" in render_fairness_html(document)


def test_an_empty_name_is_said():
    rows = {"g": ["", "b"] * 500, "prediction": [0, 1, 1, 1] * 250}
    page = render_fairness_html(vd.fairness(rows, "g", positive="1", proxies=False).to_dict())
    assert "<b>(empty)</b>" in page
