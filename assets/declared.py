"""Which client APIs the templates declare, read from the templates themselves.

A page names the APIs it uses once, in ``{{ dingbridge("device.geolocation.get", …) }}``. That
call makes jsApiList, and it makes the SDK build, so the two cannot drift apart.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

# An app may use these tags in its templates; without the extensions they would not parse.
EXTENSIONS = ("jinja2.ext.do", "jinja2.ext.i18n", "jinja2.ext.loopcontrols")


class DeclarationError(Exception):
    """Declarations that cannot be built; every one of them stands in the message."""


@dataclass(frozen=True)
class Declaration:
    """One API in one call of ``dingbridge(…)``; ``place`` is "templates/home.html:12"."""

    api: str
    place: str


def declared_apis(folders: Iterable[Path], root: Path) -> list[Declaration]:
    """Every API that a template below ``folders`` declares, in the order of files and lines.

    ``root`` is what places are told relative to. Raises DeclarationError for a template that does
    not parse and for an argument that is no plain string, since its value is not known before
    the page is rendered.
    """
    found: list[Declaration] = []
    faults: list[str] = []
    for template in sorted({file for folder in folders for file in folder.rglob("*.html")}):
        name = template.relative_to(root) if template.is_relative_to(root) else template
        try:
            calls = list(_calls(template.read_text(encoding="utf-8")))
        except TemplateSyntaxError as error:
            faults.append(f"{name}:{error.lineno}: the template does not parse: {error.message}")
            continue
        for call in calls:
            place = f"{name}:{call.lineno}"
            found += [Declaration(api, place) for api in _literal_names(call)]
            if not _is_literal(call):
                faults.append(
                    f"{place}: dingbridge(…) takes plain strings here: the SDK build has to know "
                    "the names before the page is rendered (or build it whole: --full)"
                )
    if faults:
        raise DeclarationError("\n".join(faults))
    return found


def _calls(source: str) -> Iterator[nodes.Call]:
    """Calls of `dingbridge`, and of a second bridge's `dingbridge_<name>`."""
    tree = Environment(extensions=EXTENSIONS, autoescape=True).parse(source)
    for call in tree.find_all(nodes.Call):
        target = call.node
        if isinstance(target, nodes.Name) and (target.name + "_").startswith("dingbridge_"):
            yield call


def _literal_names(call: nodes.Call) -> list[str]:
    strings = [argument.value for argument in call.args if isinstance(argument, nodes.Const)]
    return [value.removeprefix("dd.") for value in strings if isinstance(value, str)]


def _is_literal(call: nodes.Call) -> bool:
    return len(_literal_names(call)) == len(call.args) and call.dyn_args is None
