"""The RDF statements of an expanded JSON-LD document (JSON-LD 1.1 API, section 8), every IRI checked.

Our own, because libraries leave out silently what is no absolute IRI: with it a whole part of a credential would vanish
from under the signature.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from registry.credential import safemode
from registry.credential.nquads import Quad, literal
from registry.errors import FormatError
from registry.format import strictjson

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_FIRST, _REST, _NIL, _TYPE = (f"<{_RDF}{name}>" for name in ("first", "rest", "nil", "type"))
_EXPONENT = re.compile(r"(\d)0*E\+?(-)?0*(\d)")


class Statements:
    """Collects the statements of one document; `document` is its JSON, for pointers in errors."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.quads: list[Quad] = []
        self.texts: set[str] = set()
        self._document = document
        self._numbers = count()

    def add(self, nodes: list[Any], graph: str = "") -> None:
        """Add all that the nodes say. Raises FormatError rdf.*"""
        for node in nodes:
            if not isinstance(node, dict) or "@value" in node or "@list" in node:
                raise FormatError("rdf.dropped", "", "A value stands where only objects mean something")
            self._node(node, graph)

    def _node(self, node: Mapping[str, Any], graph: str) -> str:
        """Add what a node says and answer its name."""
        subject = self._iri(node["@id"]) if "@id" in node else self._blank()
        for key, values in node.items():
            if key == "@type":
                self.quads += [(subject, _TYPE, self._iri(type_), graph) for type_ in values]
            elif key == "@graph":
                self.add(values, subject)
            elif key.startswith("@"):
                if key not in ("@id", "@index"):
                    raise FormatError("rdf.keyword", "", f"The keyword {key!r} is not used in credentials")
            else:
                predicate = self._iri(key)
                self.quads += [(subject, predicate, object_, graph) for object_ in self._objects(values, graph)]
        return subject

    def _objects(self, values: list[Any], graph: str) -> Iterator[str]:
        for value in values:
            if "@value" in value:
                yield self._literal(value)
            elif "@list" in value:
                yield self._list(value["@list"], graph)
            else:
                yield self._node(value, graph)

    def _list(self, items: list[Any], graph: str) -> str:
        rest = _NIL
        for object_ in reversed(list(self._objects(items, graph))):
            cell = self._blank()
            self.quads += [(cell, _FIRST, object_, graph), (cell, _REST, rest, graph)]
            rest = cell
        return rest

    def _literal(self, value: Mapping[str, Any]) -> str:
        found, datatype = value["@value"], value.get("@type")
        if datatype == "@json":
            return literal(strictjson.canonical(found).decode(), f"{_RDF}JSON")
        if "@language" in value:
            safemode.check_language(value["@language"])
            self.texts.add(found)
            return literal(found, language=value["@language"])
        if isinstance(found, bool):
            text, native = ("true" if found else "false"), f"{_XSD}boolean"
        elif isinstance(found, int | float):
            text, native = _number(found, datatype)
        else:
            text, native = found, ""
            self.texts.add(found)
            if datatype == f"{_XSD}double":
                raise FormatError(
                    "rdf.value", "", f"The number {found[:40]!r} is written as text", "Leave out the quotes"
                )
        datatype = datatype or native
        if datatype in ("", f"{_XSD}string"):
            return literal(text)
        return literal(text, self._iri(datatype)[1:-1])

    def _iri(self, iri: Any) -> str:
        if not isinstance(iri, str):
            # The processor has thrown a keyword-like text away that stood for an IRI.
            where, text = next(safemode.keyword_like(self._document), ("", str(iri)))
            raise FormatError("rdf.dropped", where, f"{text!r} looks like a JSON-LD keyword and is dropped")
        safemode.check_iri(iri, self._document)
        return f"<{iri}>"

    def _blank(self) -> str:
        return f"_:b{next(self._numbers)}"


def _number(value: int | float, datatype: str | None) -> tuple[str, str]:
    if float(value).is_integer() and datatype != f"{_XSD}double":
        return str(int(value)), f"{_XSD}integer"
    # The canonical form of xsd:double: 2.5E0, 1.0E-1.
    return _EXPONENT.sub(r"\1E\2\3", f"{value:1.15E}"), f"{_XSD}double"
