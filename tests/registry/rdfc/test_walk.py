# ruff: noqa: E501 - a table of cases reads best with one case a line
"""Safe mode: what JSON-LD would drop or guess is refused, with the place."""

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from registry.errors import FormatError
from registry.rdfc import contexts
from registry.rdfc.canonizer import Canonizer, default, rdf_digest
from tests.support import badges

OB_301 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"


def put(*path: Any) -> Any:
    """A change: puts the last argument where the others lead."""

    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for key in path[:-2]:
            place = place[key]
        place[path[-2]] = path[-1]

    return change


def nested(depth: int) -> dict[str, Any]:
    profile: dict[str, Any] = {"id": "did:web:a.example", "type": ["Profile"]}
    for _ in range(depth):
        profile = {**profile, "id": "did:web:a.example", "parentOrg": profile}
    return profile


REFUSED = [
    ("an undefined term", put("nmae", "Ana"), "rdf.undefined-term", "/nmae"),
    ("one deep inside", put("credentialSubject", "achievement", "grade", 3), "rdf.undefined-term", "/credentialSubject/achievement/grade"),
    ("a term of another type", put("issuer", "achievement", "x"), "rdf.undefined-term", "/issuer/achievement"),
    ("an undefined type", put("type", 1, "OpenBadgesCredential"), "rdf.undefined-term", "/type/1"),
    ("a member in its long form", put("https://www.w3.org/2018/credentials#credentialStatus", {"id": "urn:x:1"}), "rdf.long-form", "/https:~1~1www.w3.org~12018~1credentials#credentialStatus"),
    ("a type in its long form", put("type", 1, "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"), "rdf.long-form", "/type/1"),
    ("a relative id", put("id", "credentials/1"), "rdf.relative-iri", "/id"),
    ("an empty id", put("issuer", "id", ""), "rdf.relative-iri", "/issuer/id"),
    ("an id with a space", put("id", "urn:uuid:a b"), "rdf.iri", "/id"),
    ("an id that closes its brackets", put("id", "urn:a> <urn:b"), "rdf.iri", "/id"),
    ("an id with braces", put("id", "https://a.example/{x}"), "rdf.iri", "/id"),
    ("a blank node as id", put("issuer", "id", "_:b0"), "rdf.iri", "/issuer/id"),
    ("a blank node as property", put("_:p", "x"), "rdf.blank-node", "/_:p"),
    ("a keyword as id", put("id", "@id"), "rdf.iri", "/id"),
    ("@vocab in the document", put("@vocab", "https://a.example/"), "rdf.keyword", "/@vocab"),
    ("@base in the document", put("@base", "https://a.example/"), "rdf.keyword", "/@base"),
    ("@graph", put("@graph", [{"id": "urn:x:1"}]), "rdf.keyword", "/@graph"),
    ("@reverse", put("@reverse", {"issuer": {"id": "urn:x:1"}}), "rdf.keyword", "/@reverse"),
    ("@included", put("@included", [{"id": "urn:x:1"}]), "rdf.keyword", "/@included"),
    ("@nest", put("@nest", {"name": "x"}), "rdf.keyword", "/@nest"),
    ("a keyword as value of a reference", put("issuer", "image", "@image"), "rdf.dropped", "/issuer/image"),
    ("an unknown keyword", put("@foo", "x"), "rdf.keyword", "/@foo"),
    ("@list as value", put("name", {"@list": ["x"]}), "rdf.keyword", "/name/@list"),
    ("a direction", put("name", {"@value": "x", "@direction": "rtl"}), "rdf.direction", "/name/@direction"),
    ("a language that is none", put("name", {"@value": "x", "@language": "en> <urn:x"}), "rdf.language", "/name/@language"),
    ("a null value object", put("name", {"@value": None}), "rdf.value", "/name/@value"),
    ("a list in a list", put("name", [["x"]]), "rdf.value", "/name/0"),
    ("an integer beyond 2^53", put("credentialSubject", "creditsEarned", 2**53), "rdf.number", "/credentialSubject/creditsEarned"),
    ("NaN", put("credentialSubject", "creditsEarned", float("nan")), "rdf.number", "/credentialSubject/creditsEarned"),
    ("infinity", put("credentialSubject", "creditsEarned", float("inf")), "rdf.number", "/credentialSubject/creditsEarned"),
    ("minus zero", put("credentialSubject", "creditsEarned", -0.0), "rdf.number", "/credentialSubject/creditsEarned"),
    ("a tiny number", put("credentialSubject", "creditsEarned", 1e-7), "rdf.number", "/credentialSubject/creditsEarned"),
    ("a nesting without end", lambda document: document.update(issuer=nested(40)), "format.too-deep", "/issuer" + 31 * "/parentOrg"),
    ("17 digits", put("credentialSubject", "creditsEarned", 0.1 + 0.2), "rdf.number", "/credentialSubject/creditsEarned"),
    ("a context inside", put("@context", 1, {"name": "https://a.example/name"}), "rdf.context", "/@context/1"),
    ("@vocab as context", put("@context", 1, {"@vocab": "https://a.example/"}), "rdf.context", "/@context/1"),
    ("@vocab null appended", lambda document: document["@context"].append({"@vocab": None}), "rdf.context", "/@context/3"),
    ("a null context", put("@context", None), "rdf.context", "/@context"),
    ("no context", lambda document: document.pop("@context"), "rdf.context", "/@context"),
    ("an empty context", put("@context", []), "rdf.context", "/@context"),
    ("an unknown context", put("@context", 1, "https://a.example/context"), "rdf.context", "/@context/1"),
    ("a relative context", put("@context", 1, "context.json"), "rdf.context", "/@context/1"),
    ("a context deep inside", put("issuer", "@context", {"name": "urn:x:name"}), "rdf.context", "/issuer/@context"),
    ("null deep inside", put("issuer", "@context", None), "rdf.context", "/issuer/@context"),
    ("extensions left out", lambda document: document["@context"].pop(), "rdf.undefined-term", "/credentialSchema/0/type"),
    ("contexts in another order that redefine", put("@context", [contexts.OPEN_BADGES, OB_301, contexts.VC_V1]), "rdf.context", "/@context"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "where"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_document_that_is_not_safe_is_refused_with_the_place(change: Any, code: str, where: str) -> None:
    document = badges.unsigned()
    default().canonize(document)
    change(document)
    with pytest.raises(FormatError) as caught:
        default().canonize(document)
    assert (caught.value.code, caught.value.pointer) == (code, where)


def test_a_presentation_that_clears_all_contexts_still_loses_nothing() -> None:
    # VC v2 sets `verifiableCredential` to a null context, which also clears a @vocab put before the contexts.
    inner = {"id": "urn:x:1", "type": "https://a.example/Type", "forgotten": "x"}
    document = {
        "@context": [contexts.VC_V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [inner],
    }
    with pytest.raises(FormatError):
        default().canonize(document)


def test_terms_of_an_embedded_credential_are_watched_too() -> None:
    document = copy.deepcopy(badges.shared_json("models", "micro_with_endorsement.json"))
    default().canonize(document)
    document["credentialSubject"]["achievement"]["endorsement"][0]["nmae"] = "x"
    with pytest.raises(FormatError) as caught:
        default().canonize(document)
    assert caught.value.pointer == "/credentialSubject/achievement/endorsement/0/nmae"


@pytest.mark.parametrize(
    "text", ["@ana", "_:b0", "", "urn:x-undefined:x", "https://relative.invalid/x", 'a "b" \\ \n\r\t\x07 é 😀']
)
def test_text_may_say_anything(text: str) -> None:
    document = badges.unsigned()
    document["credentialSubject"]["narrative"] = text
    before = default().canonize(badges.unsigned())
    assert default().canonize(document).count(b"\n") == before.count(b"\n") + 1


def test_a_number_is_written_as_json_ld_says() -> None:
    document = badges.unsigned()
    for number, text in [(3, "3"), (42.0, "42"), (2.5, "2.5E0"), (0.1, "1.0E-1"), (123456.75, "1.2345675E5")]:
        document["credentialSubject"]["creditsEarned"] = number
        line = f'"{text}"^^<https://www.w3.org/2001/XMLSchema#float>'
        assert default().canonize(document).decode().count(line) == 1


def test_the_digest_of_a_badge_never_changes() -> None:
    # Changing this value changes D_rdf of every credential ever issued: it must not happen.
    assert rdf_digest(badges.unsigned()).hex() == "d660c4a0a052d92e36278f5b83a9afeebe93e4c25d6a49d87135609605bb3b38"


def test_several_threads_get_the_same_bytes() -> None:
    canonizer = Canonizer()
    documents = [badges.unsigned(badges.row(name=f"Learner {number}")) for number in range(8)]
    expected = [default().canonize(document) for document in documents]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(canonizer.canonize, documents)) == expected


def test_the_document_is_not_changed() -> None:
    document = badges.unsigned()
    default().canonize(document)
    assert document == badges.unsigned()


@pytest.mark.parametrize("key", ["@reverse", "@included", "@nest", "@graph", "@list", "@set", "@index", "@json"])
def test_a_keyword_by_another_name_is_refused_too(key: str) -> None:
    known = {"https://a.example/c": {"@context": {"other": key, "A": "urn:x:A"}}}
    document = {"@context": "https://a.example/c", "@type": "A", "other": []}
    with pytest.raises(FormatError) as caught:
        Canonizer(known).canonize(document)
    assert (caught.value.code, caught.value.pointer) == ("rdf.keyword", "/other")
