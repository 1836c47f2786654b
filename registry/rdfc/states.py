"""Compiled contexts: the active contexts that documents pass through, as states that remember where each name leads.

Published contexts are few, so the same states come again in every document. What a state has found out it keeps: after
the first badge no context is processed any more. What is remembered is bounded, because documents come from strangers.
"""

import json
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from registry.rdfc.iri import KEYWORDS, is_absolute, is_keyword_like
from registry.rdfc.literals import XSD, suffix_of
from registry.rdfc.processing import EMPTY, Processor
from registry.rdfc.refusal import Refusal
from registry.rdfc.terms import Context, Term

MAX_STATES = 2_000
"""States remembered, some 20 kB each; badges of one issuer need 30. Beyond it all are forgotten."""


class Kind(IntEnum):
    """What a member's name means."""

    PROPERTY = 0
    ID = 1
    TYPE = 2
    CONTEXT = 3
    VALUE = 4
    LANGUAGE = 5


class Coercion(IntEnum):
    """What a text means as the value of a property."""

    LITERAL = 0
    ID = 1
    VOCAB = 2
    NOTHING = 3


_KINDS = {
    "@id": Kind.ID,
    "@type": Kind.TYPE,
    "@context": Kind.CONTEXT,
    "@value": Kind.VALUE,
    "@language": Kind.LANGUAGE,
}

_NO_TERM = Term(None)


class Member:
    """What a name means in a state, ready for use."""

    __slots__ = (
        "coercion",
        "datatype",
        "graph",
        "json",
        "keep",
        "kind",
        "list",
        "node",
        "predicate",
        "scalar",
        "suffix",
    )

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.predicate = ""
        self.coercion = Coercion.LITERAL
        self.datatype: str | None = None  # for numbers and truth values
        self.suffix = ""  # of a text: its language or datatype
        self.json = self.list = self.graph = False
        self.scalar: State  # where values are expanded
        self.keep: State  # for an object with @value or nothing but an id
        self.node: State  # for any other object


class State:
    """An active context with all that was asked of it. Made by `States` only."""

    def __init__(self, machine: "States", context: Context) -> None:
        self.context = context
        self.members: dict[str, Member] = {}
        names: dict[str, list[str]] = {keyword: [keyword] for keyword in _KINDS}
        for name, term in context.terms.items():
            if term.iri in names and name != term.iri:
                names[term.iri].append(name)
        self.id_names = frozenset(names["@id"])
        self.type_names = tuple(sorted(names["@type"]))
        self.value_names = frozenset(names["@value"])
        self.prefixes = frozenset(name for name, term in context.terms.items() if term.prefix)
        self.scoping = frozenset(name for name, term in context.terms.items() if term.has_context)
        self._meanings = {term.iri: name for name, term in context.terms.items()}
        self._machine = machine
        self._types: dict[str, str] = {}
        self._embedded: dict[tuple[str, ...], State] = {}
        self._typed: dict[tuple[str, ...], State] = {}

    def member(self, name: str) -> Member:
        """What a member's name means. Raises Refusal where it means nothing, or nothing that may be signed."""
        found = self.members.get(name)
        if found is None:
            found = self._compile(name)
            if name in self.context.terms or name in KEYWORDS:
                self.members[name] = found  # other names are without bound
        return found

    def type_iri(self, name: Any) -> str:
        """A type, or a word of a vocabulary, as an N-Quads term. Raises Refusal."""
        if not isinstance(name, str):
            raise Refusal("rdf.value", "A type is not text")
        found = self._types.get(name)
        if found is None:
            iri = self.context.expand(name, vocab=True)
            if iri is None:
                raise Refusal("rdf.dropped", f"{name[:80]!r} looks like a JSON-LD keyword and is dropped")
            if iri == name and ":" not in name:
                raise undefined(name)
            self._refuse_disguise(name, iri)
            found = iri_term(iri)
            if name in self.context.terms:
                self._types[name] = found
        return found

    def reference(self, text: Any) -> str:
        """A text that stands for an IRI, as an N-Quads term. Raises Refusal."""
        if not isinstance(text, str):
            raise Refusal("rdf.value", "An id is not text")
        if text.partition(":")[0] not in self.prefixes and is_absolute(text):
            return f"<{text}>"
        iri = self.context.expand(text, vocab=False)
        if iri is None:
            raise Refusal("rdf.dropped", f"{text[:80]!r} looks like a JSON-LD keyword and is dropped")
        return iri_term(iri)

    def embedded(self, named: tuple[Any, ...]) -> "State":
        """The state inside an object that names these contexts: URLs, or contexts themselves where that is allowed."""
        key = tuple(one if isinstance(one, str) else json.dumps(one) for one in named)
        if key not in self._embedded:
            self._embedded[key] = self._machine.state(self._machine.process(self.context, list(named)))
        return self._embedded[key]

    def typed(self, names: tuple[str, ...]) -> "State":
        """The state inside an object of these types, of which each has a context of its own."""
        if names not in self._typed:
            made = self.context
            for name in names:
                made = self._machine.process(made, self.context.terms[name].context, propagate=False)
            self._typed[names] = self._machine.state(made)
        return self._typed[names]

    def _compile(self, name: str) -> Member:
        iri = self.context.expand(name, vocab=True)
        if name == "@direction" or iri == "@direction":
            raise Refusal("rdf.direction", "@direction has no agreed form in RDF", "Leave it out; @language is enough")
        if iri in _KINDS:
            return Member(_KINDS[iri])
        if iri in KEYWORDS or is_keyword_like(name):
            problem = f"The keyword {(iri or name)[:40]!r} is not used in credentials"
            raise Refusal("rdf.keyword", problem, "Write the plain form")
        if iri is None or ":" not in iri:
            raise undefined(name)
        if iri.startswith("_:"):
            raise Refusal("rdf.blank-node", "A property cannot be a blank node (_:...)")
        self._refuse_disguise(name, iri)
        term = self.context.terms.get(name, _NO_TERM)
        if term.unsupported:
            raise Refusal(
                "rdf.keyword", f"The context defines {name[:80]!r} by {term.unsupported}, not used in credentials"
            )
        return self._property(iri_term(iri), name, term)

    def _refuse_disguise(self, name: str, iri: str) -> None:
        """A term in its long form means the same to RDF, and nothing to programs that read the document as JSON."""
        if name not in self.context.terms and iri in self._meanings:
            problem = f"{name[:80]!r} is a long form of {self._meanings[iri]!r}, which readers of JSON would not see"
            raise Refusal("rdf.long-form", problem, "Write the short form")

    def _property(self, predicate: str, name: str, term: Term) -> Member:
        made = Member(Kind.PROPERTY)
        made.predicate = predicate
        made.json = term.type == "@json"
        made.list = "@list" in term.container
        made.graph = "@graph" in term.container
        outer = self.context.previous or self.context
        if term.has_context:
            scoped = self._machine.process(self.context, term.context, override=True)
            made.scalar = made.keep = self._machine.state(scoped)
            made.node = made.keep
            if outer is not self.context:
                made.node = self._machine.state(self._machine.process(outer, term.context, override=True))
        else:
            made.scalar = made.keep = self
            made.node = self if outer is self.context else self._machine.state(outer)
        inner = made.scalar.context
        again = inner.terms.get(name, _NO_TERM)
        if again.type == "@json" and not made.json:
            raise Refusal("rdf.keyword", f"The context makes {name[:80]!r} JSON inside of itself", "Leave it out")
        self._coerce(made, again, inner)
        return made

    @staticmethod
    def _coerce(made: Member, term: Term, inner: Context) -> None:
        if term.type == "@id":
            made.coercion = Coercion.ID
        elif term.type == "@vocab":
            made.coercion = Coercion.VOCAB
        elif term.type not in (None, "@none", "@json"):
            made.datatype = term.type
            made.suffix = suffix_of(term.type)
            if term.type == f"{XSD}double":
                made.coercion = Coercion.NOTHING  # a number written as text, in whatever form
        else:
            language = inner.language if term.language is False else term.language
            made.suffix = f"@{language}" if language else ""


class States:
    """All states that begin with no context at all. Safe for several threads: the worst is that one works in vain."""

    def __init__(self, known: Mapping[str, Any], *, inline: bool = False) -> None:
        self.known = known
        self.inline = inline  # whether documents may bring contexts of their own
        self.made = 0  # states so far: each costs as much as walking through a hundred members
        self._processor = Processor(known)
        self._by_context: dict[Context, State] = {}
        self._begin = State(self, EMPTY)

    @property
    def begin(self) -> State:
        """Where a document begins."""
        if len(self._by_context) > MAX_STATES:
            self._by_context = {}
            self._begin = State(self, EMPTY)
        return self._begin

    def state(self, context: Context) -> State:
        """The state of a context."""
        if context not in self._by_context:
            self.made += 1
            self._by_context[context] = State(self, context)
        return self._by_context[context]

    def process(self, active: Context, local: Any, *, override: bool = False, propagate: bool = True) -> Context:
        """See Processor.process."""
        return self._processor.process(active, local, override=override, propagate=propagate)


def undefined(name: str) -> Refusal:
    """A name that no context defines."""
    remedy = "Correct the spelling, or leave it out; an extension goes into a value like ext:Something"
    return Refusal("rdf.undefined-term", f"No context defines {name[:80]!r}, so no signature could cover it", remedy)


def iri_term(iri: str) -> str:
    """An IRI in angle brackets. Raises Refusal rdf.relative-iri or rdf.iri when it is not a clean absolute one."""
    if is_absolute(iri):
        return f"<{iri}>"
    if ":" not in iri and not iri.startswith("@"):
        problem = f"{iri[:80]!r} is a relative reference or an undefined term"
        raise Refusal("rdf.relative-iri", problem, "Write an absolute URL or URN")
    remedy = 'Write it without spaces, control characters and <>"{}|\\^`'
    raise Refusal("rdf.iri", f"{iri[:80]!r} is not an absolute URL or URN", remedy)
