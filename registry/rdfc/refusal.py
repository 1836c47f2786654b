"""Why a document or a context is refused, and where: the place is put together on the way out of the recursion."""

from registry.errors import FormatError
from registry.format.strictjson import pointer


class Refusal(Exception):
    """Becomes a FormatError with a JSON Pointer, which is filled in from its end by every level that it passes."""

    def __init__(self, code: str, problem: str, remedy: str = "") -> None:
        super().__init__(code, problem)
        self.code = code
        self.problem = problem
        self.remedy = remedy
        self._path: list[str | int] = []

    def inside(self, key: str | int) -> "Refusal":
        """The same, one level further out."""
        self._path.append(key)
        return self

    def error(self) -> FormatError:
        """What the caller of the package gets."""
        return FormatError(self.code, pointer(*reversed(self._path)), self.problem, self.remedy)


def unknown_context(url: str) -> Refusal:
    """A context that is neither shipped nor added by the operator; it is never fetched."""
    remedy = "Use https://www.w3.org/ns/credentials/v2 and the Open Badges 3.0.3 contexts, or let the operator add it"
    return Refusal("rdf.context", f"The context {url[:200]!r} is not one this registry knows", remedy)


def invalid_context(problem: str) -> Refusal:
    """A context that breaks the rules of JSON-LD 1.1, or uses what is not supported."""
    return Refusal("rdf.context", f"A context is not usable: {problem}", "Use the published contexts")
