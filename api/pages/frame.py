"""What all pages share: the frame around them, a language that links carry on, and the headers."""

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request
from jinja2 import Environment, PackageLoader

from api.pages.assets import PREFIX
from api.pages.catalogue import catalogues, choose, time_text
from registry.verify.document import shown

NAVIGATION = (
    ("/verify", "ui.nav-verify", ("/verify",)),
    ("/anchors", "ui.nav-anchors", ("/anchors", "/batches")),
    ("/issuers", "ui.nav-issuers", ("/issuers",)),
    ("/openapi.json", "ui.nav-api", ()),
)
"""Where every page leads: address, message, and the paths that belong to it."""

_CARRIED = ("cursor", "limit")
"""Parameters that another language keeps."""


class Frame:
    """How one reader sees a page. `lang` is what the address asks for: links keep it, and nothing else remembers it."""

    def __init__(self, request: Request, lang: str | None) -> None:
        self.catalogue = choose(lang, request.headers.get("accept-language", ""))
        self._wanted = lang if lang in catalogues() else None
        self._path = request.url.path
        self.carried = [(name, request.query_params[name]) for name in _CARRIED if name in request.query_params]

    def link(self, path: str, **query: Any) -> str:
        """An address of ours, in the reader's language."""
        if self._wanted and path != "/openapi.json":
            query["lang"] = self._wanted
        return self.plain(path, list(query.items()))

    @staticmethod
    def plain(path: str, query: Sequence[tuple[str, str]]) -> str:
        """An address of ours for programs, which read no language."""
        return quote(path) + (f"?{urlencode(query)}" if query else "")

    def render(self, template: str, **values: Any) -> str:
        """The page as HTML; every value becomes text."""
        known = catalogues().items()
        return _environment().get_template(template).render(
            t=self.catalogue.text,
            link=self.link,
            home=self._path == "/",
            language=self.catalogue.language,
            languages=[(code, one.messages["language"], self._other(code)) for code, one in known],
            navigation=[(self.link(path), name, self._is_in(under)) for path, name, under in NAVIGATION],
            **values,
        )  # fmt: skip

    def headers(self, policy: str) -> dict[str, str]:
        """Beside those for caching."""
        return {
            "Content-Language": self.catalogue.language,
            "Content-Security-Policy": policy,
            "Vary": "Accept, Accept-Language",
        }

    def _other(self, code: str) -> str:
        return f"?{urlencode([('lang', code), *self.carried])}"

    def _is_in(self, under: tuple[str, ...]) -> str:
        """`aria-current`: "page" for the page itself, "true" for one below it."""
        if self._path in under:
            return "page"
        return "true" if any(self._path.startswith(f"{one}/") for one in under) else ""


def _frame(
    request: Request,
    lang: Annotated[str | None, Query(max_length=20)] = None,
) -> Frame:
    return Frame(request, lang)


Framed = Annotated[Frame, Depends(_frame)]
"""The frame for who asks."""


def _number(value: int) -> str:
    """With narrow spaces between thousands, which every language reads alike."""
    return f"{value:,}".replace(",", "\u202f")


@cache
def _environment() -> Environment:
    made = Environment(loader=PackageLoader("api.pages"), autoescape=True, trim_blocks=True, auto_reload=False)
    made.globals["files"] = PREFIX
    made.filters |= {"shown": shown, "moment": time_text, "number": _number}
    return made
