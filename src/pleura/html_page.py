"""A package with templates in, an environment that renders self-contained HTML pages from them out."""

import base64

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["page_environment"]


def page_environment(package: str) -> Environment:
    """Give what renders the templates that lie in a package's folder.

    All values are escaped, a name that is not given is an error, and the filter `data_uri` puts a PNG's bytes into the
    page itself.
    """
    environment = Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = _data_uri
    return environment


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
