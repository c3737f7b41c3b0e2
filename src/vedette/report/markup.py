"""Templates that become HTML, whoever writes them: everything in them is escaped.

Owns: how templates are read, and the filters that all of them share.  Does not own: templates, the
words (`words`).
"""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vedette.core.words import count, number, percent, plural
from vedette.report import words


def templates(package: str, folder: str) -> Environment:
    """The templates in a folder of a package.

    Bounds: a name that is not given is an error, never an empty place.

    Example:
        >>> found = templates("vedette.report", "")
        >>> found.from_string("{{ x }}, {{ plural(2, 'row') }}").render(x="<b>")
        '&lt;b&gt;, 2 rows'
    """
    environment = Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": count, "number": number, "percent": percent, "visible": words.visible,
        "prose": lambda text: Markup(words.prose(text)),  # noqa: S704 - escaped in prose
    }  # fmt: skip
    environment.globals |= {"plural": plural, "interval": words.interval}
    return environment
