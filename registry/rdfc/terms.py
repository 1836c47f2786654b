"""Term definitions: what a context says about one name (JSON-LD 1.1 API, section 4.2).

Not supported, and refused with the context or when a document uses the term: `@reverse`, `@nest`, `@index`, directions,
and the containers `@index`, `@id`, `@type` and `@language`. No context of the credential world needs them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.rdfc.iri import KEYWORDS, is_absolute, is_keyword_like
from registry.rdfc.refusal import invalid_context

_GEN_DELIMS = (":", "/", "?", "#", "[", "]", "@")
_ENTRIES = frozenset({"@id", "@type", "@container", "@context", "@language", "@prefix", "@protected"})
_UNSUPPORTED = frozenset({"@reverse", "@nest", "@index", "@direction"})
_CONTAINERS = tuple(frozenset(names) for names in ((), ("@set",), ("@list",), ("@graph",), ("@graph", "@set")))


@dataclass(frozen=True, eq=False)
class Term:
    """A term definition. `iri` None: the term is decoupled on purpose; documents must not use it."""

    iri: str | None
    prefix: bool = False
    type: str | None = None
    language: str | bool | None = False  # False: not said; None: said to be none
    container: frozenset[str] = frozenset()
    context: Any = None
    has_context: bool = False
    protected: bool = False
    unsupported: str = ""

    def same_as(self, other: "Term") -> bool:
        """Whether it says the same, protection aside: only then may a protected term be said again."""
        mine, theirs = (
            (t.iri, t.prefix, t.type, t.language, t.container, t.has_context, t.context, t.unsupported)
            for t in (self, other)
        )
        return mine == theirs


@dataclass(frozen=True, eq=False)
class Context:
    """An active context (section 4.1). Never changed once made, and compared by identity."""

    terms: Mapping[str, Term] = field(default_factory=dict)
    vocab: str | None = None
    language: str | None = None
    previous: "Context | None" = None  # to return to, below a type-scoped context

    def expand(self, value: str, *, vocab: bool) -> str | None:
        """IRI expansion (section 5.2.2) without a base: a relative reference is answered as it is.

        None for what looks like a keyword and is none, and for a decoupled term.
        """
        if value in KEYWORDS:
            return value
        if is_keyword_like(value):
            return None
        if vocab and value in self.terms:
            return self.terms[value].iri
        colon = value.find(":", 1)
        if colon > 0:
            prefix, suffix = value[:colon], value[colon + 1 :]
            if prefix == "_" or suffix.startswith("//"):
                return value
            term = self.terms.get(prefix)
            if term is not None and term.prefix and term.iri is not None:
                return term.iri + suffix
            if is_absolute(value):
                return value
        if vocab and self.vocab is not None:
            return self.vocab + value
        return value


class Definer:
    """Creates the term definitions of one local context on top of an active one."""

    def __init__(
        self, terms: Mapping[str, Term], vocab: str | None, local: Mapping[str, Any], *, protected: bool, override: bool
    ) -> None:
        self.terms = dict(terms)
        self._local = local
        self._protected = protected
        self._override = override
        self._done: dict[str, bool] = {}  # False while a definition is being made
        self._view = Context(self.terms, vocab)

    def define(self, name: str) -> None:
        """Create a definition, and those that it depends on, first."""
        if name in self._done:
            if not self._done[name]:
                raise invalid_context(f"the definition of {name[:80]!r} depends on itself")
            return
        if name == "":
            raise invalid_context("it defines a term without a name")
        self._done[name] = False
        previous = self.terms.pop(name, None)
        made = self._make(name, self._local[name])
        if made is not None and previous is not None and previous.protected and not self._override:
            if not made.same_as(previous):
                raise invalid_context(f"it redefines the protected term {name[:80]!r}")
            made = previous
        if made is not None:
            self.terms[name] = made
        self._done[name] = True

    def _make(self, name: str, value: Any) -> Term | None:
        if name == "@type":
            return self._type_keyword(value)
        if name in KEYWORDS:
            raise invalid_context(f"it redefines the keyword {name}")
        if is_keyword_like(name):
            return None
        simple = isinstance(value, str)
        entry = {"@id": value} if simple or value is None else value
        if not isinstance(entry, Mapping):
            raise invalid_context(f"the definition of {name[:80]!r} is neither an IRI nor an object")
        odd = entry.keys() - _ENTRIES - _UNSUPPORTED
        if odd:
            raise invalid_context(f"the definition of {name[:80]!r} has an entry {min(odd)[:80]!r}")
        iri = self._iri(name, entry)
        return Term(
            iri=iri,
            prefix=self._prefix(name, entry, iri, simple=simple),
            type=self._type(name, entry),
            language=self._language(name, entry),
            container=self._container(name, entry),
            context=entry.get("@context"),
            has_context="@context" in entry,
            protected=_flag(entry, "@protected", self._protected),
            unsupported=min(entry.keys() & _UNSUPPORTED, default=""),
        )

    def _type_keyword(self, value: Any) -> Term:
        if not isinstance(value, Mapping) or not value or value.keys() - {"@container", "@protected"}:
            raise invalid_context("it redefines the keyword @type")
        if value.get("@container", "@set") != "@set":
            raise invalid_context("the container of @type is not @set")
        return Term("@type", container=frozenset({"@set"}), protected=_flag(value, "@protected", self._protected))

    def _iri(self, name: str, entry: Mapping[str, Any]) -> str | None:
        if "@reverse" in entry:
            return None
        if "@id" in entry and entry["@id"] != name:
            return self._iri_of_id(name, entry["@id"])
        colon = name.find(":", 1)
        if colon > 0:
            prefix, suffix = name[:colon], name[colon + 1 :]
            if prefix in self._local and prefix != name:
                self.define(prefix)
            term = self.terms.get(prefix)
            return term.iri + suffix if term is not None and term.iri is not None else name
        if "/" in name:
            found = self._expand(name)
            if found is None or not is_absolute(found):
                raise invalid_context(f"the term {name[:80]!r} is not an IRI")
            return found
        if self._view.vocab is None:
            raise invalid_context(f"the term {name[:80]!r} has no IRI, and there is no vocabulary")
        return self._view.vocab + name

    def _iri_of_id(self, name: str, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise invalid_context(f"the @id of {name[:80]!r} is not text")
        if is_keyword_like(value) and value not in KEYWORDS:
            return None
        found = self._expand(value)
        if found is None or not (found in KEYWORDS or found.startswith("_:") or is_absolute(found)):
            raise invalid_context(f"the @id of {name[:80]!r} is not an IRI: {value[:80]!r}")
        if found == "@context":
            raise invalid_context(f"{name[:80]!r} is another name for @context")
        if ":" in name[1:-1] or "/" in name:
            self._done[name] = True
            if self._expand(name) != found:
                raise invalid_context(f"the term {name[:80]!r} looks like an IRI and means another one")
        return found

    def _prefix(self, name: str, entry: Mapping[str, Any], iri: str | None, *, simple: bool) -> bool:
        if "@prefix" in entry:
            if ":" in name or "/" in name or iri in KEYWORDS:
                raise invalid_context(f"{name[:80]!r} cannot be a prefix")
            return _flag(entry, "@prefix", default=False)
        plain = ":" not in name[1:] and "/" not in name
        return plain and simple and iri is not None and (iri.endswith(_GEN_DELIMS) or iri.startswith("_:"))

    def _expand(self, value: str) -> str | None:
        """IRI expansion inside a context: a name that is not defined yet is defined first."""
        if value in self._local and not self._done.get(value):
            self.define(value)
        prefix = value[: max(value.find(":", 1), 0)]
        is_compact = prefix in self._local and not value[len(prefix) + 1 :].startswith("//")
        if prefix and is_compact and not self._done.get(prefix):
            self.define(prefix)
        return self._view.expand(value, vocab=True)

    def _type(self, name: str, entry: Mapping[str, Any]) -> str | None:
        if "@type" not in entry:
            return None
        value = entry["@type"]
        found = self._expand(value) if isinstance(value, str) else None
        if found is None or not (found in ("@id", "@json", "@none", "@vocab") or is_absolute(found)):
            raise invalid_context(f"the @type of {name[:80]!r} is not an IRI")
        return found

    @staticmethod
    def _language(name: str, entry: Mapping[str, Any]) -> str | bool | None:
        if "@language" not in entry or "@type" in entry:
            return False
        value = entry["@language"]
        if value is not None and not isinstance(value, str):
            raise invalid_context(f"the @language of {name[:80]!r} is not text")
        return value.lower() if value is not None else None

    @staticmethod
    def _container(name: str, entry: Mapping[str, Any]) -> frozenset[str]:
        value = entry.get("@container", [])
        found = frozenset(value if isinstance(value, list) else [value])
        if found not in _CONTAINERS:
            raise invalid_context(f"the container of {name[:80]!r} is not supported: {value!r}")
        return found


def _flag(entry: Mapping[str, Any], name: str, default: bool) -> bool:
    value = entry.get(name, default)
    if not isinstance(value, bool):
        raise invalid_context(f"{name} is neither true nor false")
    return value
