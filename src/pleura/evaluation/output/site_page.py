"""A go-live report and its figures in, one self-contained HTML page with what a person has to sign out."""

from collections.abc import Mapping

from pleura.evaluation.site.assess import SiteReport
from pleura.html_page import page_environment

__all__ = ["site_page"]


def site_page(report: SiteReport, pictures: Mapping[str, bytes], *, hospital: str, model: str) -> str:
    """Render the page; it needs no other file, runs no script, and prints on paper.

    Parameters
    ----------
    report : what it says
    pictures : PNG by name: calibration, and calibration-after and subgroups where there are any
    hospital, model : what it calls them
    """
    environment = page_environment("pleura.evaluation.output")
    environment.filters["p"] = _p
    return environment.get_template("site.html.jinja").render(
        report=report, pictures=pictures, hospital=hospital, model=model
    )


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"
