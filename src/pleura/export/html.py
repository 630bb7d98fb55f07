"""A Report and its key pictures in, one self-contained HTML page out: no script, no outside file, prints on paper."""

from collections.abc import Sequence

from pleura.diagnosis.report import Report
from pleura.export.key_slices import KeyPicture
from pleura.html_page import page_environment

__all__ = ["report_html"]

_DISPLAY_NAMES = {
    "healthy": "Healthy",
    "covid-19": "COVID-19 pneumonia",
    "other-viral": "Other viral pneumonia",
    "bacterial": "Bacterial pneumonia",
    "not-viral": "No viral pneumonia",
    "undetermined": "Undetermined",
}
"""What a reader sees in place of a class's name; a name that is not here is shown as it is."""


def report_html(report: Report, pictures: Sequence[KeyPicture]) -> str:
    """Render the report; whatever it shows stands in `report`, and is escaped.

    Parameters
    ----------
    report : the answer
    pictures : key slices, in the order in which they are shown
    """
    environment = page_environment("pleura.export")
    environment.filters["percent"] = _percent
    environment.filters["display"] = lambda name: _DISPLAY_NAMES.get(name, name)
    return environment.get_template("report.html.jinja").render(report=report, pictures=pictures)


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
