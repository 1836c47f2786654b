"""One walk over a document: expansion and conversion to RDF at once (JSON-LD 1.1 API, sections 5.1, 7 and 8).

Whatever JSON-LD would drop or guess is refused where it stands: an undefined term, a relative reference, null, a value
outside a property, a keyword that credentials do not use. That is the "safe mode" which Open Badges 3.0 demands.
"""

import json
from typing import Any

from registry.errors import FormatError
from registry.format import strictjson
from registry.limits import MAX_DEPTH
from registry.rdfc.iri import is_language
from registry.rdfc.labels import Quad
from registry.rdfc.literals import RDF, XSD, literal, native, suffix_of
from registry.rdfc.refusal import Refusal, unknown_context
from registry.rdfc.states import Coercion, Kind, Member, State, States, iri_term

_FIRST, _REST, _NIL, _TYPE = (f"<{RDF}{name}>" for name in ("first", "rest", "nil", "type"))


MAX_CONTEXTS = 8
"""Contexts that one object names; a badge has three."""

MAX_NEW_STATES = 500
"""States that one document may add: the first badge needs 30. More would be combinations made to cost time."""

MAX_INLINE_CHARS = 64 * 1024
"""Characters of all contexts that a document brings, where it may: each is compiled, and holds all terms before it."""


class Walk:
    """Collects the statements of one document in `quads`. Its methods raise Refusal."""

    def __init__(self, states: States) -> None:
        self.quads: list[Quad] = []
        self._states = states
        self._blank = 0
        self._depth = 0
        self._inline = 0
        self._most_states = states.made + MAX_NEW_STATES

    def document(self, document: Any) -> None:
        """Add all that a document says."""
        if not isinstance(document, dict):
            raise Refusal("rdf.not-an-object", "The document is not a JSON object")
        if "@context" not in document:
            problem = "The document has no @context"
            raise Refusal("rdf.context", problem, "Begin with the contexts it uses").inside("@context")
        self._node(document, self._states.begin, "")
        if not self.quads:
            raise Refusal("rdf.dropped", "The document says nothing", "Give it a type")

    def _fresh(self) -> str:
        self._blank += 1
        return f"_:b{self._blank}"

    def _node(self, element: dict[str, Any], state: State, graph: str) -> str:
        """Add what an object says, and answer its name."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refusal("format.too-deep", f"Values are nested deeper than {MAX_DEPTH} levels")
        if self._states.made > self._most_states:
            raise Refusal("rdf.too-complex", "Contexts and types are combined in too many ways", "Simplify it")
        if "@context" in element:
            state = self._embedded(state, element["@context"])
        types, state = self._types(element, state)
        subject = self._subject(element, state)
        for type_ in types:
            self.quads.append((subject, _TYPE, type_, graph))
        name = ""
        try:
            for name, value in element.items():
                member = state.members.get(name) or state.member(name)
                if member.kind is Kind.PROPERTY:
                    self._property(subject, member, value, graph)
                elif member.kind is Kind.VALUE or member.kind is Kind.LANGUAGE:
                    _refuse_stray()
        except Refusal as refusal:
            raise refusal.inside(name) from None
        self._depth -= 1
        return subject

    def _types(self, element: dict[str, Any], state: State) -> tuple[list[str], State]:
        """The types as N-Quads terms, and the state that they lead to (section 5.1.2, step 11)."""
        found: list[str] = []
        scoping: list[str] = []
        for name in state.type_names:
            if name in element:
                types = element[name]
                for index, type_ in enumerate(types if isinstance(types, list) else [types]):
                    try:
                        found.append(state.type_iri(type_))
                    except Refusal as refusal:
                        raise (refusal.inside(index) if isinstance(types, list) else refusal).inside(name) from None
                scoping += sorted(state.scoping.intersection(types if isinstance(types, list) else (types,)))
        return found, state.typed(tuple(scoping)) if scoping else state

    def _subject(self, element: dict[str, Any], state: State) -> str:
        names = [name for name in state.id_names if name in element]
        if not names:
            return self._fresh()
        if len(names) > 1:
            raise Refusal("rdf.value", "The id is given twice").inside(max(names))
        try:
            return state.reference(element[names[0]])
        except Refusal as refusal:
            raise refusal.inside(names[0]) from None

    def _property(self, subject: str, member: Member, value: Any, graph: str) -> None:
        """Add a property with all its values."""
        if member.json and not (member.list or member.graph):
            self.quads.append((subject, member.predicate, _json(value), graph))
        elif member.list:
            self.quads.append((subject, member.predicate, self._list(member, value, graph), graph))
        elif isinstance(value, list):
            for object_ in self._objects(member, value, graph):
                self.quads.append((subject, member.predicate, object_, graph))
        else:
            self.quads.append((subject, member.predicate, self._object(member, value, graph), graph))

    def _objects(self, member: Member, values: list[Any], graph: str) -> list[str]:
        found: list[str] = []
        try:
            for value in values:
                found.append(self._object(member, value, graph))
        except Refusal as refusal:
            raise refusal.inside(len(found)) from None
        return found

    def _list(self, member: Member, value: Any, graph: str) -> str:
        """Add an ordered list, and answer its first cell (section 8.4)."""
        if member.json:
            items = [_json(value)]
        elif isinstance(value, list):
            items = self._objects(member, value, graph)
        else:
            items = [self._object(member, value, graph)]
        rest = _NIL
        for item in reversed(items):
            cell = self._fresh()
            self.quads += [(cell, _FIRST, item, graph), (cell, _REST, rest, graph)]
            rest = cell
        return rest

    def _object(self, member: Member, value: Any, graph: str) -> str:
        """One value as an N-Quads term."""
        if member.json:
            raise Refusal("rdf.dropped", "JSON stands where only objects mean something")
        if isinstance(value, dict) and member.keep.value_names.isdisjoint(value):
            only_id = len(value) == 1 and not member.keep.id_names.isdisjoint(value)
            state = member.keep if only_id else member.node
            return self._graph(value, state) if member.graph else self._node(value, state, graph)
        if member.graph:
            raise Refusal("rdf.dropped", "A value stands where only objects mean something")
        if isinstance(value, str):
            return _text(value, member)
        if isinstance(value, dict):
            return _value(value, member.keep)
        if isinstance(value, list):
            raise Refusal("rdf.value", "A list directly inside a list has no meaning", "Join the two lists")
        if value is None:
            raise Refusal("rdf.dropped", "null means nothing, so no signature could cover it", "Leave the member out")
        return native(value, member.datatype)

    def _graph(self, element: dict[str, Any], state: State) -> str:
        """Add what an object says in a graph of its own, and answer the graph's name."""
        name = self._fresh()
        before = len(self.quads)
        self._node(element, state, name)
        if len(self.quads) == before:
            raise Refusal("rdf.dropped", "The object says nothing", "Leave it out, or give it a type")
        return name

    def _embedded(self, state: State, named: Any) -> State:
        """The state inside an object that names contexts: one URL or a list of them, all known."""
        urls = tuple(named) if isinstance(named, list) else (named,)
        for index, url in enumerate(urls):
            refusal = None
            if isinstance(url, dict) and self._states.inline:
                self._inline += len(json.dumps(url))
                if self._inline <= MAX_INLINE_CHARS:
                    continue
                refusal = Refusal("rdf.context", f"The document's own contexts are longer than {MAX_INLINE_CHARS}")
            elif not isinstance(url, str):
                problem = "A context inside the document can redefine every term"
                refusal = Refusal("rdf.context", problem, "Use the published contexts by their URLs")
            elif url not in self._states.known:
                refusal = unknown_context(url)
            if refusal:
                raise (refusal.inside(index) if isinstance(named, list) else refusal).inside("@context")
        if not 0 < len(urls) <= MAX_CONTEXTS:
            problem = f"The @context is empty, or names more than {MAX_CONTEXTS} contexts"
            raise Refusal("rdf.context", problem, "Name the contexts the document uses").inside("@context")
        try:
            return state.embedded(urls)
        except Refusal as refusal:
            raise refusal.inside("@context") from None


def _refuse_stray() -> None:
    raise Refusal("rdf.value", "It stands in an object that is not a value", "Put it beside an @value")


def _text(text: str, member: Member) -> str:
    """A text by its property's type (section 5.3)."""
    if member.coercion is Coercion.LITERAL:
        return literal(text, member.suffix)
    if member.coercion is Coercion.VOCAB:
        return member.scalar.type_iri(text)
    if member.coercion is Coercion.NOTHING:
        raise Refusal("rdf.value", "The number is written as text", "Leave out the quotes")
    return member.scalar.reference(text)


def _value(value: dict[str, Any], state: State) -> str:
    """An object with @value (section 5.1.2, step 14)."""
    given: dict[Kind, tuple[str, Any]] = {}
    for name, item in value.items():
        try:
            kind = state.member(name).kind
        except Refusal as refusal:
            raise refusal.inside(name) from None
        if kind not in (Kind.VALUE, Kind.TYPE, Kind.LANGUAGE) or kind in given:
            raise Refusal("rdf.value", "Beside an @value stands @type or @language, and nothing else").inside(name)
        given[kind] = name, item
    name, found = given[Kind.VALUE]
    if not isinstance(found, str | int | float):
        raise Refusal("rdf.value", "An @value is not text, a number or a truth value").inside(name)
    if Kind.TYPE in given:
        name, type_ = given[Kind.TYPE]
        if Kind.LANGUAGE in given:
            raise Refusal("rdf.value", "A value has a @type or a @language, not both").inside(name)
        datatype = state.context.expand(type_, vocab=True) if isinstance(type_, str) else None
        if datatype is None or datatype.startswith("@"):
            raise Refusal("rdf.value", "The @type of a value is not an IRI").inside(name)
        iri_term(datatype)
        if isinstance(found, str) and datatype == f"{XSD}double":
            raise Refusal("rdf.value", "The number is written as text", "Leave out the quotes").inside(
                given[Kind.VALUE][0]
            )
        return literal(found, suffix_of(datatype)) if isinstance(found, str) else native(found, datatype)
    if Kind.LANGUAGE in given:
        name, language = given[Kind.LANGUAGE]
        if not isinstance(language, str) or not is_language(language):
            raise Refusal("rdf.language", "A language is not a tag like en or pt-BR", "See BCP 47").inside(name)
        if not isinstance(found, str):
            raise Refusal("rdf.value", "Only text has a language").inside(name)
        return literal(found, f"@{language.lower()}")
    return literal(found) if isinstance(found, str) else native(found, None)


def _json(value: Any) -> str:
    """Any JSON as one literal (section 8.6, step 1)."""
    _bound(value, MAX_DEPTH)
    try:
        text = strictjson.canonical(value).decode()
    except FormatError as error:
        raise Refusal(error.code, error.problem, error.remedy) from None
    return literal(text, f"^^<{RDF}JSON>")


def _bound(value: Any, depth: int) -> None:
    if depth == 0:
        raise Refusal("format.too-deep", f"Values are nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            _bound(member, depth - 1)
