"""The page shows what the report holds, escapes it, and needs nothing from outside."""

import re
from html.parser import HTMLParser

from diagnosis.report_sample import covidet_parts, sample_report
from pleura.diagnosis.report import Severity
from pleura.export.html import report_html
from pleura.export.key_slices import KeyPicture

PICTURES = (KeyPicture(title="Axial slice 13 of 64", plain_png=b"\x89PNG-a", overlay_png=b"\x89PNG-b"),)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title"}:
            self.text.append(data)


def _text(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    assert not parser.open
    return " ".join(" ".join(parser.text).split())


def test_the_answer_the_warnings_and_the_other_series_are_shown() -> None:
    text = _text(report_html(sample_report(), PICTURES))
    for shown in (
        "COVID-19 pneumonia",
        "90.0 %",
        "< 0.1 %",
        "For research use; not a medical device.",
        "Trained on synthetic data only.",
        "soft kernel",
        "slice 13, right lung",
        "ab" * 32,
        "cd" * 32,
        "slices are 5 mm thick",
        "an answer is given from 50.0 %",
    ):
        assert shown in text
    assert text.index("not a medical device") < text.index("90.0 %")


def test_an_undetermined_answer_names_the_most_probable_class() -> None:
    report = sample_report()
    unsure = report.classification.model_copy(update={"answer": "undetermined", "threshold": 0.95})
    text = _text(report_html(sample_report(classification=unsure), PICTURES))
    assert "The most probable class, COVID-19 pneumonia, reaches 90.0 %" in text


def test_the_grade_is_shown_where_there_is_one() -> None:
    assert "Severity" not in _text(report_html(sample_report(), PICTURES))
    model = sample_report().model.model_copy(update={"name": "grader", "id": "ef" * 32})
    graded = Severity(
        grades=("I", "II", "III"), probabilities=(0.1, 0.72, 0.18), grade="II", note="As if it were.", model=model
    )
    text = _text(report_html(sample_report(severity=graded), PICTURES))
    for shown in ("Severity: grade II", "72.0 %", "As if it were.", "grader", "ef" * 32):
        assert shown in text


def test_what_comes_from_the_study_is_escaped() -> None:
    page = report_html(sample_report(), PICTURES)
    assert "<script" not in page
    assert "P-17 <script>alert(1)</script>" in _text(page)


def test_the_page_loads_nothing_from_outside() -> None:
    page = report_html(sample_report(), PICTURES)
    sources = re.findall(r"(?:src|href)=\"([^\"]*)\"", page)
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "http" not in page.replace("http-equiv", "")


def test_what_covidets_models_say_is_shown_with_their_ids() -> None:
    page = report_html(sample_report(**covidet_parts()), PICTURES)
    text = _text(page)
    for shown in (
        "Step by step: Other viral pneumonia",
        "Four classes and two steps disagree.",
        "80.0 %",
        "cut-off 31.0 %",
        "4 lung slices from feet to head; left out as unfit: 1",
        "COVID-19 pneumonia or Other viral pneumonia",
        "88 mg/l",
        "not measured; yes was put in its place",
        "+0.60",
        "-0.20",
        "the others: metal (1)",
        "Of all 6 slices 4 are fit",
        *(digit * 64 for digit in "1234"),
    ):
        assert shown in text
    assert text.index("CT alone") < text.index("Clinical data alone") < text.index("Both")
    assert re.findall(r'<i class="(\w+)" title', page) == ["unfit", "fit", "fit", "unfit", "fit", "fit"]
    bars = re.findall(r'<div class="(for|against)" style="width: ([\d.]+)%"', page)
    assert bars == [("for", "50.00"), ("against", "16.67")]  # half the width for the strongest, a third of it for 0.2


def test_without_them_their_sections_are_not_there() -> None:
    text = _text(report_html(sample_report(), PICTURES))
    assert "Step by step" not in text
    assert "With clinical data" not in text
