"""The page shows what the report holds, escapes it, and needs nothing from outside."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import numpy as np

from diagnosis.report_sample import covidet_parts, lesion_part, sample_report
from pleura.diagnosis.report import (
    Check,
    Conclusion,
    Severity,
    StepFailure,
    StepRecord,
)
from pleura.export.html import report_html
from pleura.export.key_slices import KeyPicture
from pleura.export.meshes.study_surfaces import study_surfaces
from pleura.export.view3d import View3d, make_view

PICTURES = (
    KeyPicture(
        title="Axial slice 13 of 64",
        size=(300, 400),
        mm_per_pixel=0.8,
        top="A",
        ct=b"\x89PNG-a",
        lesions=None,
        heat=b"\x89PNG-b",
    ),
)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img", "br", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title", "script"}:
            self.text.append(data)


def _text(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    assert not parser.open
    return " ".join(" ".join(parser.text).split())


def _view() -> View3d:
    lungs = np.zeros((12, 20, 24), np.uint8)
    lungs[2:10, 4:16, 2:10], lungs[2:10, 4:16, 14:22] = 1, 2
    view = make_view(study_surfaces(lungs, None, np.diag([5.0, 5.0, 5.0, 1.0])[:, [2, 1, 0, 3]]))
    assert view is not None
    return view


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
    classification = sample_report().classification
    assert classification is not None
    unsure = classification.model_copy(update={"answer": "undetermined", "threshold": 0.95})
    text = _text(report_html(sample_report(classification=unsure), PICTURES))
    assert "the most probable class, COVID-19 pneumonia, reaches 90.0 %" in text


def test_the_conclusion_stands_on_top_with_its_reasons_and_what_failed() -> None:
    conclusion = Conclusion(
        answer="undetermined",
        certain=False,
        reasons=("They disagree <b>.",),
        notes=("Clinical data were not given.",),
        checks=(Check(name="agreement", subject="both", outcome="failed", detail="one says this, one that"),),
        rule="The rule.",
    )
    failure = StepFailure(
        step="severity", kind="ModelError", message="weights of NaN", what_to_do="Go without.", fault=False
    )
    steps = (
        StepRecord(name="severity", title="grade", outcome="failed", why="weights of NaN"),
        StepRecord(name="dl3", title="clinical data", outcome="left out", why="no clinical values were given"),
        StepRecord(name="read", title="reading", outcome="done"),
    )
    report = sample_report(conclusion=conclusion, failures=(failure,), steps=steps)
    text = _text(report_html(report, PICTURES))
    order = [
        "Conclusion on chest CT Undetermined",
        "They disagree <b>.",
        "Clinical data were not given.",
        "1 step failed",
        "severity (ModelError): weights of NaN Go without.",
        "agreement both failed one says this, one that",
        "dl3 clinical data no clinical values were given left out",
        "read reading done 0.50 s",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_without_any_classifier_the_page_says_so() -> None:
    bare = sample_report(classification=None, explanation=None, model=None)
    text = _text(report_html(bare, PICTURES))
    assert "No classifier was asked" in text
    assert "No model was asked." in text
    assert "COVID-19" not in text
    assert "Where the model looked" not in text


def test_lesions_are_shown_with_their_places_and_kinds() -> None:
    text = _text(report_html(sample_report(lesions=lesion_part()), PICTURES))
    for shown in (
        "Lesions: 5.0 % of the lungs, 230 ml",
        "Lesions fill a twentieth.",
        "both lungs 4600 ml 230 ml 5.0 % 172 ml 57.5 ml",
        "right upper third 800 ml < 0.01 ml < 0.1 % < 0.01 ml < 0.01 ml",
        "120 ml 52.2 % right lung, lower third 12 to 31, most on 21 -410 HU -60.5, 33.0, 110.2",
        "Voxels were counted.",
    ):
        assert shown in text
    assert "Lesions" not in _text(report_html(sample_report(), PICTURES))


def test_the_grade_is_shown_where_there_is_one() -> None:
    assert "Severity" not in _text(report_html(sample_report(), PICTURES))
    model = sample_report().model
    assert model is not None
    graded = Severity(
        grades=("I", "II", "III"),
        probabilities=(0.1, 0.72, 0.18),
        grade="II",
        note="As if it were.",
        model=model.model_copy(update={"name": "grader", "id": "ef" * 32}),
    )
    text = _text(report_html(sample_report(severity=graded), PICTURES))
    for shown in ("Severity: grade II", "72.0 %", "As if it were.", "grader", "ef" * 32):
        assert shown in text


def test_what_comes_from_the_study_is_escaped() -> None:
    page = report_html(sample_report(), PICTURES)
    assert "<script" not in page
    assert "P-17 <script>alert(1)</script>" in _text(page)


def test_the_page_loads_nothing_from_outside() -> None:
    page = report_html(sample_report(), PICTURES, _view())
    sources = re.findall(r"(?:src|href)=\"([^\"]*)\"", page)
    assert sources
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
    assert "http" not in page.replace("http-equiv", "")


def test_the_viewer_is_the_only_script_that_the_policy_lets_run() -> None:
    page = report_html(sample_report(), PICTURES, _view())
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none'")
    assert "unsafe-eval" not in policy[1]
    assert "P-17" not in script
    assert "script-src" not in report_html(sample_report(), PICTURES)


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
