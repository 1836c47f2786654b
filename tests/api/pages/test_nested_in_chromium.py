"""Endorsements and components in the browser: every line and every word of Python, whatever lies in the file."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page

from api.pages.catalogue import catalogues
from api.pages.checking import Checked
from api.pages.routes import seen
from api.pages.view import alignments
from registry.format import entries
from registry.format.digests import sri
from registry.verify import ChainAnswer, Given, Report, TrustProfile
from registry.verify.endorsements import MAX_LEVELS
from tests.support import specimen
from tests.support.browsing import given
from tests.support.cases import Case, Chain, Status, case
from tests.support.nesting import ACHIEVEMENT, AGENCY, Learner, Office, chained, entry, record, revoked, without_proof
from tests.support.specimen import DID, credential, document, facts, prove, to_bytes
from tests.support.vectors import FOLDER, PATHS, case_of, load
from tests.vectors import make

pytestmark = pytest.mark.browser

Asked = tuple[Case, list[bytes]]
"""What is verified, and files that may be components."""


def agreed(bench: Page, made: Case, files: list[bytes]) -> Report:
    """Python's report, after the browser has said the same."""
    named = [(f"{number}\u202e.json", file) for number, file in enumerate(files)]
    words = {code: dict(known.messages) for code, known in catalogues().items()}
    parts = [{"name": name, "data": base64.b64encode(file).decode()} for name, file in named]
    asked = given(make.to_json("", made, {}), made.data) | {"messages": words, "rows": alignments()}
    found = bench.evaluate("(vector) => judge(vector)", asked | {"components": parts})
    report = made.verify(components=[Given.read(name, file) for name, file in named])
    assert found["verdict"] == report.verdict
    for kind in ("endorsements", "components"):
        lines = getattr(report, kind)
        told = None if lines is None else [line.to_json() for line in lines]
        for line in told or []:
            del line["sentence"]  # for the command line; the page has words of its own
        assert found[kind] == told, kind
    for code, catalogue in catalogues().items():
        said = seen(Checked(report), catalogue)
        assert found["seen"][code] == said
        for line in said["endorsements"] + said["components"]:
            assert line["name"] and line["sentence"].endswith((".", "…", "?"))
            assert not set("\n\u202e") & set(line["name"] + line["sentence"])
    return report


def endorsed() -> Iterator[Case]:
    office = Office({})
    good = office.endorse(ACHIEVEMENT)
    for place, subject in (("issuer", DID), ("", document()["id"])):
        yield office.badge(office.endorse(subject), place=place)
    yield replace(made := office.badge(good), data=made.data.replace(b"Soil science", b"Soil_science"))
    yield replace(made, status=Status(b"{}"))
    yield replace(made, data=made.data.replace(b'"endorsement"', b'"endorsem\\u0065nt"'))
    yield case(data=to_bytes({**document(), "endorsement": [good, good]}))
    subject = {"id": ACHIEVEMENT, "type": ["EndorsementSubject"]}
    evil = "Good.\n✓ 7 validity\u202e" + "\U0001f3c5" * 999
    named = document()["credentialStatus"]
    own = {**named, "statusListCredential": "https://registry.example/v1/status-lists/agency-1-revocation"}
    yield office.badge(
        good,
        {**good, "name": "altered"},
        without_proof(to_bytes(good)),
        office.endorse(ACHIEVEMENT, "did:web:mill.example", facts_={"key_issuer": bytes(32)}),
        office.endorse(ACHIEVEMENT, validUntil="2026-11-25T11:59:59Z"),
        office.endorse(ACHIEVEMENT, validFrom="2027-01-01T00:00:00Z"),
        office.endorse(DID),
        office.endorse(ACHIEVEMENT, DID),
        office.endorse(ACHIEVEMENT, id=document()["id"]),
        *({**good, "type": ["VerifiableCredential"]}, {**good, "credentialSubject": None}, "https://x", None, [good]),
        {**good, "issuer": {"id": 7, "name": evil}},
        office.endorse(ACHIEVEMENT, issuer=AGENCY, credentialStatus=own),
        office.endorse(ACHIEVEMENT, credentialSubject=subject | {"endorsementComment": evil}),
    )
    yield office.badge(office.endorse(ACHIEVEMENT, credentialSubject=subject))
    yield office.badge(chained(office, *(f"did:web:level-{number}.example" for number in range(MAX_LEVELS + 1))))
    yield office.badge(chained(office, AGENCY, "did:web:council.example", AGENCY))
    yield office.badge({**chained(office, AGENCY, "did:web:council.example"), "name": "altered"})
    same = office.endorse(AGENCY, "did:web:council.example", id="urn:uuid:11111111-7425-40de-944b-e07fc1f90ae7")
    yield office.badge(office.endorse(ACHIEVEMENT, id=same["id"], issuer={"id": AGENCY, "endorsement": same}))
    yield office.badge(*[good] * 200)
    yield office.badge(*[{"type": ["EndorsementCredential"]}] * 2000)
    made_ = document()
    odd = {"a/b~c": [[{"id": "urn:x", "endorsement": good, "endorsementJwt": ["e30.e30.e30"]}]], "endorsement": {}}
    made_["credentialSubject"] |= odd
    yield case(made_)
    other = replace(specimen.TRUST, contract=bytes(range(20)), test=True, name="Test Network")
    key, hashed = specimen.Key(AGENCY), without_proof(to_bytes(office.endorse(ACHIEVEMENT, name="A trial")))
    proof = prove(hashed, key=key, contract=other.contract)
    told = facts(key_issuer=entries.issuer_id(AGENCY), contract=other.contract)
    office.answers[proof.anchor_root, key.key_id] = ChainAnswer(told)
    trial = office.badge(good, credential(hashed, proof))
    for test in (False, True):
        yield replace(trial, trust=TrustProfile((replace(specimen.TRUST, test=test), other)))


def stacked() -> Iterator[Asked]:
    ana = Learner()
    one, two, expired = ana.earn(1), ana.earn(2), ana.earn(3, validUntil="2026-11-25T11:59:59Z")
    altered = one.replace(b'"creditsEarned":2.5', b'"creditsEarned":25')
    whole = ana.certificate([entry(one), entry(two), entry(expired)])
    yield whole, []
    yield whole, [one, two, expired]
    yield whole, [altered, one, ana.earn(4), b"{", b"\x89PNG", b"<svg/>", b"%PDF-1.7"]
    yield replace(whole, data=whole.data.replace(b"Soil science", b"Soil_science")), [one]
    yield whole, [altered] + [json.dumps(number).encode() for number in range(60)]
    part, file = revoked(document(id="urn:uuid:00000007-7425-40de-944b-e07fc1f90ae7"))
    outer = case(document(relatedResource=[entry(file)]))
    yield replace(outer, status=part.status, chain=Chain({**outer.chain.answers, **part.chain.answers})), [file]
    own = {"id": document()["id"], "mediaType": "application/vc", "digestSRI": sri(bytes(32))}
    yield ana.certificate([own, entry(one), entry(one, digestSRI=sri(bytes(32)))]), [one]
    raw = bytes.fromhex((whole.verify().components or ())[0].sha256)
    url = base64.urlsafe_b64encode
    texts = [raw, b"\x12\x20" + raw, b"\x12\x21" + raw, raw[:31], raw + b"\0", b"\x12\x20" + raw[:30]]
    multibase = [f"u{url(each).decode().rstrip('=')}{pads}" for each in texts for pads in ("", "=", "==", "===")]
    plain = base64.b64encode(raw).decode()
    standard = [f"u{plain}", "zQm", "u", "", " u" + plain, f"u{plain[:20]}\n{plain[20:]}"]
    for text in [*multibase, *standard, 7, None, [plain]]:
        yield ana.certificate([entry(one, digestSRI=None) | {"digestMultibase": text}]), [one]
    fair = f"sha256-{plain}"
    last = fair[:-2] + chr(ord(fair[-2]) + 1) + "="  # the same 32 bytes, bits beyond them
    for text in (
        last,
        fair[:-1],
        fair + "=",
        f"sha384-{plain}",
        plain,
        fair + " ",
        fair.replace("-", "", 1),
        "A" * 500,
    ):
        yield ana.certificate([entry(one, digestSRI=text)]), [one]
        yield ana.certificate([entry(one, digestMultibase=multibase[0], digestSRI=text)]), [one]
    for odd in ("x", 7, None, {}, {"id": 7}, [[]], entry(one, mediaType=None), [entry(one), "x", None]):
        made = document()
        made["relatedResource"] = odd
        found = case(made)
        yield replace(found, chain=Chain({**ana.answers, **found.chain.answers})), [one]
    many = [ana.earn(number) for number in range(10, 45)]
    yield ana.certificate([entry(each) for each in many]), many
    evil = {"id": "urn:x:\u202e\nvalid" + "x" * 500, "mediaType": "application/vc"}
    yield (
        ana.certificate([evil, *({"id": f"urn:x:{number}", "mediaType": "application/vc"} for number in range(99))]),
        [],
    )


def recorded() -> Iterator[Asked]:
    ana = Learner()
    good = ana.earn(1)
    altered = ana.earn(2).replace(b'"creditsEarned":2.5', b'"creditsEarned":25')
    swapped = {**json.loads(ana.earn(5)), "proof": json.loads(good)["proof"]}
    own = {**json.loads(ana.earn(6)), "id": document()["id"]}
    deep: Any = {"id": "urn:uuid:00000008-7425-40de-944b-e07fc1f90ae7"}
    for _ in range(25):
        deep = {"id": "urn:x:deep", "a": deep}
    held = [good, altered, ana.earn(3, validUntil="2026-11-25T11:59:59Z"), without_proof(ana.earn(4)), swapped, own]
    held += ["eyJ0.eyJ1.c2ln", None, [json.loads(good)], {"id": 7}, {"id": "x"}, {"id": "y"}, {"id": "y"}, deep]
    yield record(ana, held), [altered]
    for nothing in ([], "none", None, 5, {}, json.loads(good)):
        yield record(ana, nothing), []
    yield record(ana, [good], type=["VerifiableCredential", "OpenBadgeCredential"]), []
    yield replace(made := record(ana, [good]), data=made.data.replace(b"did:example:ana", b"did:example:ben")), []
    yield record(ana, [good], relatedResource=[entry(good)]), [good]
    part, file = revoked(document(id="urn:uuid:00000007-7425-40de-944b-e07fc1f90ae7"))
    outer = record(ana, [good, file])
    yield replace(outer, status=part.status, chain=Chain({**outer.chain.answers, **part.chain.answers})), []
    yield record(ana, [{}] * 2000), []
    for path in sorted({*PATHS[::9], FOLDER / "4-inclusion--sibling-changed.json"}):
        vector = load(path)
        if vector.get("file", "").startswith("{") and not path.stem.startswith("1-"):
            known = case_of(vector)
            outer = record(ana, [known.data], id="urn:uuid:00000009-7425-40de-944b-e07fc1f90ae7", credentialStatus=None)
            answers = {**outer.chain.answers, **known.chain.answers}
            yield replace(outer, status=known.status, chain=Chain(answers), now=known.now), []
    endorsement = {"type": ["EndorsementCredential"], "credentialSubject": {"id": "urn:x"}}
    yield record(ana, [{**json.loads(good), "endorsement": [endorsement]}], endorsement=endorsement), []


def test_endorsements_have_the_lines_and_words_of_python(bench: Page) -> None:
    codes = set()
    for made in endorsed():
        codes |= {line.code.partition(".")[2] for line in agreed(bench, made, []).endorsements or ()}
    assert codes >= {"ok", "invalid", "expired", "pending", "unconfirmed", "form", "jwt", "too-many"}
    assert codes >= {"other-subject", "circular", "own", "test-network"}


BOTH = {"ok", "expired", "revoked", "form", "circular", "too-many", "not-named"}


@pytest.mark.parametrize(
    ("cases", "wanted"),
    [(stacked, {"not-given", "digest", "unreadable"}), (recorded, {"invalid", "pending"})],
)
def test_components_have_the_lines_and_words_of_python(
    bench: Page, cases: Callable[[], Iterator[Asked]], wanted: set[str]
) -> None:
    codes = set()
    for made, files in cases():
        codes |= {line.code.partition(".")[2] for line in agreed(bench, made, files).components or ()}
    assert codes >= BOTH | wanted
