import pytest
from jinja2 import UndefinedError

from pleura.html_page import page_environment


def test_values_are_escaped_pictures_are_put_in_and_a_missing_name_is_an_error() -> None:
    environment = page_environment("pleura.export")
    page = environment.from_string('<p>{{ name }}</p><img src="{{ picture | data_uri }}">')
    assert page.render(name="<b>", picture=b"PNG") == '<p>&lt;b&gt;</p><img src="data:image/png;base64,UE5H">'
    with pytest.raises(UndefinedError):
        page.render(picture=b"")


@pytest.mark.parametrize("package", ["pleura.export", "pleura.evaluation.output"])
def test_the_packages_templates_are_found(package) -> None:
    assert page_environment(package).list_templates(extensions=["jinja"])
