"""A Report, its key pictures and its surfaces in, one self-contained HTML page out: no outside file, prints on paper.

The page's only script is the viewer of the surfaces; its hash stands in the page's security policy, so that nothing
else runs, whatever a study's header holds.
"""

from collections.abc import Iterator, Sequence

from pleura.diagnosis.report import ModelInfo, Report
from pleura.export.key_slices import KeyPicture
from pleura.export.lesion_kinds import KIND_COLOURS
from pleura.export.overlays import LUNG_COLOUR
from pleura.export.view3d import View3d
from pleura.html_page import page_environment

__all__ = ["report_html"]

_DISPLAY_NAMES = {
    "healthy": "Healthy",
    "covid-19": "COVID-19 pneumonia",
    "other-viral": "Other viral pneumonia",
    "bacterial": "Bacterial pneumonia",
    "not-viral": "No viral pneumonia",
    "undetermined": "Undetermined",
    "viral": "Viral pneumonia",
}
"""What a reader sees in place of a class's name; a name that is not here is shown as it is."""


def report_html(report: Report, pictures: Sequence[KeyPicture], view: View3d | None = None) -> str:
    """Render the report; whatever it shows stands in `report`, and is escaped.

    Parameters
    ----------
    report : the answer
    pictures : key slices, in the order in which they are shown
    view : the surfaces; None where there is no view in three dimensions
    """
    environment = page_environment("pleura.export")
    environment.filters |= {
        "percent": _percent,
        "share": lambda ratio: "no share" if ratio is None else _percent(ratio),
        "ml": _millilitres,
        "display": lambda name: _DISPLAY_NAMES.get(name, name),
    }
    judge = report.conclusion or report.classification or report.stepwise
    return environment.get_template("report.html.jinja").render(
        report=report,
        answer=None if judge is None else judge.answer,
        models=tuple(_models(report)),
        pictures=pictures,
        view=view,
        colours={kind: _css(colour) for kind, colour in KIND_COLOURS.items()},
        lung_colour=_css(LUNG_COLOUR),
    )


def _models(report: Report) -> Iterator[tuple[str, ModelInfo]]:
    """Name all models that the report's answers come from, each with what it was asked."""
    if report.model is not None:
        yield "Four classes", report.model
    if report.stepwise is not None:
        yield from zip(("Step 1", "Step 2"), report.stepwise.models, strict=True)
    else:
        yield from ((role, part.model) for role, part in (("Step 1", report.dl1), ("Step 2", report.dl2)) if part)
    parts = {
        "Clinical": report.clinical,
        "Lesions": report.lesions,
        "Slices": report.cleaning,
        "Severity": report.severity,
    }
    for role, part in parts.items():
        if part is not None and part.model is not None:
            yield role, part.model


def _css(colour: tuple[int, int, int]) -> str:
    return "rgb({}, {}, {})".format(*colour)


def _millilitres(volume: float) -> str:
    """Volume for a reader, to three digits.

    Examples
    --------
    >>> _millilitres(2512.3), _millilitres(31.42), _millilitres(0.234), _millilitres(0.001), _millilitres(0.0)
    ('2512 ml', '31.4 ml', '0.23 ml', '< 0.01 ml', '0 ml')
    """
    if volume == 0:
        return "0 ml"
    if volume < 0.01:
        return "< 0.01 ml"
    return f"{volume:.0f} ml" if volume >= 100 else f"{volume:.1f} ml" if volume >= 1 else f"{volume:.2f} ml"


def _percent(share: float) -> str:
    """Probability as a percentage; never rounded to 0 or 100 where it is not.

    Examples
    --------
    >>> _percent(0.5), _percent(0.9999), _percent(0.0001), _percent(1.0)
    ('50.0 %', '> 99.9 %', '< 0.1 %', '100.0 %')
    """
    if 0.999 < share < 1.0:
        return "> 99.9 %"
    if 0.0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %"
