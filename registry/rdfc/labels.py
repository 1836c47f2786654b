"""Canonical N-Quads: RDF Dataset Canonicalization (RDFC-1.0, W3C) with SHA-256 and a bound on its work.

Nearly always all blank nodes differ by the statements that mention them, and sorting their hashes names them all. The
general algorithm takes exponential time on graphs made for that ("dataset poisoning", RDFC-1.0 section 7.1). A
credential needs next to none of it, so the work is counted and a document that asks for more is refused.
"""

import hashlib
from collections.abc import Iterable, Mapping
from itertools import permutations

from registry.errors import FormatError

Quad = tuple[str, str, str, str]
"""Subject, predicate, object and graph, each as N-Quads text; "" is the default graph."""

MAX_QUADS = 20_000
"""A badge has about 100 quads, one with endorsements 400; a document of 1 MiB cannot need more than this."""

MAX_BLANK_NODES = 4_000
"""A badge has about 20."""

MAX_WORK = 20_000
"""Steps of the N-degree hash: some dozens where parts of a credential are alike. 20,000 take about a second."""

MAX_RECURSION = 100
"""Blank nodes alike in a chain; more would also reach the interpreter's recursion limit."""


def canonical(quads: Iterable[Quad]) -> bytes:
    """The canonical N-Quads of a dataset, in UTF-8.

    Raises FormatError rdf.too-complex beyond the limits above, format.surrogate where text is not Unicode.
    """
    dataset = dict.fromkeys(quads)
    if len(dataset) > MAX_QUADS:
        raise _too_complex(f"has {len(dataset)} RDF statements, more than {MAX_QUADS}")
    named: list[str] = []  # lines without blank nodes
    unnamed: list[Quad] = []
    for quad in dataset:
        subject, predicate, object_, graph = quad
        if subject[0] == "_" or object_[0] == "_" or graph[:1] == "_":
            unnamed.append(quad)
        elif graph:
            named.append(f"{subject} {predicate} {object_} {graph} .\n")
        else:
            named.append(f"{subject} {predicate} {object_} .\n")
    try:
        if unnamed:
            names = canonical_names(unnamed)
            named += [line(quad, names) for quad in unnamed]
        named.sort()
        return "".join(named).encode()
    except UnicodeEncodeError:
        problem = "Some text holds half of a surrogate pair, which no UTF-8 file can carry"
        raise FormatError("format.surrogate", "", problem, "Write the whole character") from None


def line(quad: Quad, names: Mapping[str, str]) -> str:
    """A quad as N-Quads write it, its blank nodes under these names."""
    subject, predicate, object_, graph = quad
    get = names.get
    if graph:
        return f"{get(subject, subject)} {predicate} {get(object_, object_)} {get(graph, graph)} .\n"
    return f"{get(subject, subject)} {predicate} {get(object_, object_)} .\n"


def canonical_names(quads: list[Quad]) -> dict[str, str]:
    """The canonical name of every blank node (section 4.4.3); `quads` are those that mention one."""
    mentions: dict[str, list[str]] = {}
    for quad in quads:
        for node, text in views(quad):
            mentions.setdefault(node, []).append(text)
    if len(mentions) > MAX_BLANK_NODES:
        raise _too_complex(f"has {len(mentions)} objects without id, more than {MAX_BLANK_NODES}")
    hashes = {node: sha256("".join(sorted(lines))) for node, lines in mentions.items()}
    if len(set(hashes.values())) == len(hashes):
        return {node: f"_:c14n{number}" for number, node in enumerate(sorted(hashes, key=hashes.__getitem__))}
    return _Labelling(quads, hashes).run()


def views(quad: Quad) -> list[tuple[str, str]]:
    """Each blank node of a quad, with the quad's line as that node sees it: itself _:a, others _:z (section 4.6)."""
    subject, predicate, object_, graph = quad
    if object_[0] != "_" and graph[:1] != "_":
        if subject[0] != "_":
            return []
        return [(subject, f"_:a {predicate} {object_} {graph} .\n" if graph else f"_:a {predicate} {object_} .\n")]
    nodes = dict.fromkeys(term for term in (subject, object_, graph) if term[:1] == "_")
    return [(node, line(quad, {other: "_:a" if other == node else "_:z" for other in nodes})) for node in nodes]


def sha256(text: str) -> str:
    """SHA-256 of a text's UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _too_complex(problem: str) -> FormatError:
    remedy = "Simplify its structure: give repeated objects an id of their own"
    return FormatError("rdf.too-complex", "", f"The document {problem}", remedy)


class _Issuer:
    """Gives names in the order they are asked for (RDFC-1.0, section 4.3)."""

    def __init__(self, prefix: str, names: dict[str, str] | None = None) -> None:
        self.prefix = prefix
        self.names = names if names is not None else {}

    def issue(self, node: str) -> str:
        return self.names.setdefault(node, f"{self.prefix}{len(self.names)}")

    def copy(self) -> "_Issuer":
        return _Issuer(self.prefix, dict(self.names))


class _Labelling:
    """The general algorithm, for blank nodes that statements alone do not tell apart (section 4.4.3, steps 4 and 5)."""

    def __init__(self, quads: list[Quad], first_degree: dict[str, str]) -> None:
        self.canonical = _Issuer("_:c14n")
        self.first_degree = first_degree
        self.mentions: dict[str, list[Quad]] = {}
        self.work = 0
        for quad in quads:
            for node in dict.fromkeys(term for term in (quad[0], quad[2], quad[3]) if term[:1] == "_"):
                self.mentions.setdefault(node, []).append(quad)

    def run(self) -> dict[str, str]:
        """Canonical name of every blank node."""
        alike: dict[str, list[str]] = {}
        for node, digest in self.first_degree.items():
            alike.setdefault(digest, []).append(node)
        for digest in sorted(digest for digest, nodes in alike.items() if len(nodes) == 1):
            self.canonical.issue(alike[digest][0])
        for digest in sorted(digest for digest, nodes in alike.items() if len(nodes) > 1):
            results = []
            for node in alike[digest]:
                if node not in self.canonical.names:
                    issuer = _Issuer("_:b")
                    issuer.issue(node)
                    results.append(self._hash_n_degree(node, issuer, 0))
            for _, issuer in sorted(results, key=lambda result: result[0]):
                for node in issuer.names:
                    self.canonical.issue(node)
        return self.canonical.names

    def _hash_related(self, related: str, quad: Quad, issuer: _Issuer, position: str) -> str:
        """Section 4.7."""
        name = self.canonical.names.get(related) or issuer.names.get(related) or self.first_degree[related]
        predicate = "" if position == "g" else quad[1]
        return sha256(f"{position}{predicate}{name}")

    def _hash_n_degree(self, node: str, issuer: _Issuer, depth: int) -> tuple[str, _Issuer]:
        """Section 4.8."""
        self._count(depth)
        groups: dict[str, list[str]] = {}
        for quad in self.mentions[node]:
            for position, term in (("s", quad[0]), ("o", quad[2]), ("g", quad[3])):
                if term[:1] == "_" and term != node:
                    groups.setdefault(self._hash_related(term, quad, issuer, position), []).append(term)
        data = ""
        for digest in sorted(groups):
            path, issuer = self._best_path(groups[digest], issuer, depth)
            data += digest + path
        return sha256(data), issuer

    def _best_path(self, nodes: list[str], issuer: _Issuer, depth: int) -> tuple[str, _Issuer]:
        """Section 4.8.2, step 5.4: the least path over all orders of `nodes`."""
        best: tuple[str, _Issuer] | None = None
        for order in permutations(nodes):
            self._count(depth)
            found = self._path(order, issuer.copy(), depth, best[0] if best else "")
            if found is not None and (best is None or found[0] < best[0]):
                best = found
        assert best is not None  # noqa: S101 - the first order is never given up
        return best

    def _path(self, order: tuple[str, ...], issuer: _Issuer, depth: int, best: str) -> tuple[str, _Issuer] | None:
        path = ""
        unnamed = []
        for node in order:
            if node in self.canonical.names:
                path += self.canonical.names[node]
            else:
                if node not in issuer.names:
                    unnamed.append(node)
                path += issuer.issue(node)
            if best and len(path) >= len(best) and path > best:
                return None
        for node in unnamed:
            digest, after = self._hash_n_degree(node, issuer, depth + 1)
            path += f"{issuer.issue(node)}<{digest}>"
            issuer = after
            if best and len(path) >= len(best) and path > best:
                return None
        return path, issuer

    def _count(self, depth: int) -> None:
        self.work += 1
        if self.work > MAX_WORK or depth > MAX_RECURSION:
            raise _too_complex("repeats the same structure too often to be put into one order")
