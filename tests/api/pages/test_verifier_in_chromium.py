"""The verifier in the browser says what the one in Python says: verdicts, codes, and every word of the page."""

import base64
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from api.pages.catalogue import catalogues
from api.pages.checking import Checked
from api.pages.routes import seen
from api.pages.view import alignments
from api.paper import make
from registry.credential.baking import credential_in
from registry.errors import FormatError
from registry.format import strictjson
from tests.support.browsing import given
from tests.support.pdfs import embedded, pdf
from tests.support.specimen import document, to_bytes
from tests.support.vectors import PATHS, case_of, load

pytestmark = pytest.mark.browser


def test_every_vector_gives_what_it_states_and_the_words_of_the_server(bench: Page) -> None:
    assert len(PATHS) > 100
    words = {code: dict(known.messages) for code, known in catalogues().items()}
    for path in PATHS:
        vector = load(path)
        case = case_of(vector)
        asked = given(vector, case.data) | {"messages": words, "rows": alignments()}
        found = bench.evaluate("(vector) => judge(vector)", asked)
        for name, expected in vector["expected"].items():
            assert (beside(found[name]) if name in ("endorsements", "components") else found[name]) == expected, (
                path.name
            )
        report = case.verify()
        for code, catalogue in catalogues().items():
            expected = seen(Checked(report), catalogue)
            if report.embedded_proof is not None and report.embedded_proof.outcome == "fail":
                continue  # only verifiers with JSON-LD see it; the vectors say so
            assert found["seen"][code] == expected, path.name


def beside(lines: list[dict[str, Any]] | None) -> list[dict[str, str]] | None:
    return lines and [{name: line[name] for name in ("outcome", "code")} for line in lines]


def mutants(data: bytes, count: int, seed: int) -> list[bytes]:
    """Files near a good one: bytes changed, cut, doubled, moved, and JSON's own traps put in."""
    chance = random.Random(seed)
    traps = [
        *(bytes([sign]) for sign in b'{}[]"\\,: \n'),
        b"\\u",
        b"\\ud800",
        b"-0",
        b"1e400",
        b"NaN",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xc2\x85",
    ]
    traps += [b'"id":1,', b'"__proto__":{},', b"9007199254740993", b"0.1234567890123456"]
    found = []
    for _ in range(count):
        made = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(made) + 1)
            match chance.randrange(4):
                case 0:
                    made[place:place] = chance.choice(traps)
                case 1:
                    del made[place : place + chance.choice([1, 1, 2, 40])]
                case 2:
                    made[place : place + 1] = bytes([chance.randrange(256)])
                case 3:
                    made[place:place] = made[place : place + chance.choice([1, 10, 100])]
        found.append(bytes(made))
    return found


def test_files_near_a_good_one_get_the_same_verdict_and_codes_as_in_python(bench: Page) -> None:
    vector = load(next(path for path in PATHS if path.name == "0-valid--with-end-date.json"))
    case = case_of(vector)
    seen = set()
    for data in mutants(case.data, 600, seed=20261125):
        report = case.verify(data=data)
        expected = {check.id: {"outcome": check.outcome, "code": check.code} for check in report.checks}
        found = bench.evaluate("(vector) => judge(vector)", given(vector, data))
        assert (found["verdict"], found["checks"]) == (report.verdict, expected), data
        seen |= {check["code"] for check in expected.values()}
    assert {"format.not-json", "format.encoding", "signature.mismatch", "format.duplicate-key"} <= seen


def with_(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets a member; `@` stands for the subject, `!` for its achievement."""

    def change(credential: dict[str, Any]) -> None:
        subject = credential["credentialSubject"]
        for key in (keys := path.split("/"))[:-1]:
            credential = {"@": subject, "!": subject["achievement"]}[key]
        credential[keys[-1]] = value

    return change


NAME = {"type": "IdentityObject", "identityType": "name", "hashed": False}
ROW = next(iter(alignments().values()))[0]
MEMBERS = [
    with_("awardedDate", {}), with_("awardedDate", "2026-01-02T"), with_("awardedDate", "2026-01-02T03:04:05Zx"),
    with_("awardedDate", "2026-02-30T00:00:00Z"), with_("awardedDate", "2026-02-03T23:59:59.5+14:00"),
    with_("!/inLanguage", {}), with_("!/inLanguage", "nl\n"), with_("!/inLanguage", ["nl"]), with_("@/achievement", []),
    with_("@/identifier", NAME | {"identityHash": "Ada"}), with_("@/identifier", [NAME | {"identityHash": None}]),
    with_("@/identifier", [NAME]), with_("@/identifier", None),
    with_("@/identifier", "Ada"), with_("@/identifier", [[], 1]),
    with_("@/identifier", [NAME | {"hashed": 0}, NAME | {"hashed": None}, *[{}] * 60, NAME | {"identityHash": "late"}]),
    with_("@/identifier", [NAME | {"identityHash": "\u202eAda\u2067\x07\x1b[31m\u00a0\u3000\ufeff x\u2028y"}]),
    with_("!/name", "\U0001f3c5" * 119 + "x"), with_("!/name", "x" + "\U0001f3c5" * 600),
    with_("!/name", " " * 479 + "\U0001f3c5a"),
    with_("!/description", "x" + "\U0001f3c5" * 4001), with_("!/description", "\n\r\n a\u2029b \n\n\tc\u200f" * 500),
    with_("!/criteria", {"narrative": "a\x00\x0b\x0cb\x1c\x85c"}),
    with_("!/criteria", {"narrative": "## A **b**\n**c** *d* ** e ** **f\n** #g\r# h\u2028# i\n####### j\n**- <b>**"}),
    with_("!/criteria", "text"), with_("!/description", ["a"]),
    with_("@/result", {"value": "9"}), with_("@/result", [{"value": str(place)} for place in range(60)] + [None]),
    with_("@/result", None), with_("!/alignment", {"targetType": "ext:x", "targetName": "one"}),
    with_("!/alignment", [None, {"targetType": []}]),
    with_("!/alignment", [{"targetType": ROW, "targetName": "\u2066a", "targetDescription": "b\nc"}] * 51),
]  # fmt: skip


def test_members_of_another_form_are_shown_as_the_server_shows_them(bench: Page) -> None:
    vector = load(next(path for path in PATHS if path.name == "0-valid--with-end-date.json"))
    words = {code: dict(known.messages) for code, known in catalogues().items()}
    for change in MEMBERS:
        credential = json.loads(case_of(vector).data)
        change(credential)
        data = json.dumps(credential, ensure_ascii=False).encode()
        asked = given(vector, data) | {"messages": words, "rows": alignments()}
        found = bench.evaluate("(vector) => judge(vector)", asked)
        for code, catalogue in catalogues().items():
            expected = seen(Checked(case_of(vector).verify(data=data)), catalogue)
            assert expected["rows"], data
            assert found["seen"][code] == expected, data


WITHOUT = {
    "no WebCrypto": "undefined",
    "no Ed25519": """{
        importKey: async () => { throw new DOMException("no", "SyntaxError"); },
        digest: (...given) => real.digest(...given),
    }""",
}


@pytest.mark.parametrize("subtle", WITHOUT.values(), ids=WITHOUT)
def test_where_a_browser_cannot_check_verify_answers_unknown_with_the_cause(bench: Page, subtle: str) -> None:
    script = f"""async (vector) => {{
        const real = crypto.subtle;
        Object.defineProperty(crypto, "subtle", {{ value: {subtle}, configurable: true }});
        try {{ return await judge(vector); }} finally {{ delete crypto.subtle; }}
    }}"""
    words = {code: dict(known.messages) for code, known in catalogues().items()}
    for path in PATHS[::25]:
        vector = load(path)
        asked = given(vector, case_of(vector).data) | {"messages": words, "rows": alignments()}
        found = bench.evaluate(script, asked)
        assert found["verdict"] == "unconfirmed", path.name
        assert found["checks"].pop("format") == {"outcome": "unknown", "code": "format.not-supported"}
        assert {check["outcome"] for check in found["checks"].values()} == {"unknown"}
        assert "Ed25519" in found["seen"]["en"]["sentence"]
        assert bench.evaluate("(vector) => judge(vector)", asked)["verdict"] == vector["expected"]["verdict"]


TEXTS = [
    '{"a":1.0,"b":[1e2,-1.5,0.000001,100000000000000000000],"c":"\\u00e9\\u20ac\\ud83d\\ude00"}',
    '{"\\u20ac":1,"\\r":2,"\\ud83d\\ude00":3,"\\ufb33":4,"a":5,"__proto__":6,"constructor":7,"1":8,"10":9,"2":10}',
    "[9007199254740991,-9007199254740991,0,0.5,123456789012345e-5,1E+2,4.50]",
    '"\\b\\f\\n\\r\\t\\"\\\\\\/\\u2028\\u007f"',
    " \t\r\n null ", "[]", "{}", "[[]]", "true", '""',
    "", "nul", "[1,]", "{,}", '{"a"}', "[1 2]", "01", "1.", ".5", "+1", "-", "1e", '"\t"', "'a'", '"\\x"', "[1]]",
    "\ufeff1", "-0", "-0.0", "-0e1", "0e400", "1e400", "9007199254740992", "1e16", "0.0000009", "0.1234567890123456",
    "NaN", "-Infinity",
    '"\\ud800"', '{"\\udc00":1}', '{"a":1,"\\u0061":2}', '{"a":{"b":1,"b":2},"a":3}', '[{"a":-0},{"b":1,"b":2}]',
    "[" * 32 + "]" * 32, "[" * 33 + "]" * 33, "[" * 600 + "]" * 600, "[" * 600, '{"a":' * 40 + "1" + "}" * 40,
    '"' + "\\n" * 100_000 + '"', '"' + "x" * 500_000 + '"', "[" + "1," * 100_000 + "1]",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_json_is_read_and_written_as_in_python(bench: Page, text: str) -> None:
    data = text.encode()
    try:
        expected = ["ok", strictjson.canonical(strictjson.parse(data)).decode()]
    except FormatError as error:
        expected = [error.code, None]
    assert bench.evaluate("(data) => readJson(data)", base64.b64encode(data).decode()) == expected


PARTS = [
    *'{}[]",:\\ \t\n1-.eE+0', "\r", '""', '"a":', '"a":1,', '"\\u0061":2', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u00',
    *("[" * 501, "{[" * 251, "]" * 501, "[" * 33, "]" * 33, "[1,", "1]", "-0", "0.0", "1e999",),
    *("9007199254740992", "1e-7", "0.1234567890123456", "NaN", "-Infinity", "true", "nul", "null", "\u00a0", "\x0b"),
    *("\x7f", "é", '"__proto__":'),
    *('"[[[[', '\\"'),
]  # fmt: skip


def test_what_is_nearly_json_has_the_same_flaw_in_both(bench: Page) -> None:
    chance = random.Random(20261126)
    good = case_of(load(next(path for path in PATHS if path.name == "0-valid--with-end-date.json"))).data.decode()
    samples = [*("[" * 501, "]" + "[" * 501, "," + "[" * 501, '"[' + "[" * 600, "[[[" * 200 + "]]]" * 200)]
    samples += ["".join(chance.choices(PARTS, k=chance.randint(1, 9))) for _ in range(1500)]
    for _ in range(300):
        place = chance.randrange(len(good))
        samples.append(good[:place] + "".join(chance.choices(PARTS, k=2)) + good[place + chance.choice([0, 0, 1, 9]) :])
    expected = []
    for text in samples:
        try:
            expected.append(["ok", strictjson.canonical(strictjson.parse(text.encode())).decode()])
        except FormatError as error:
            expected.append([error.code, None])
    sent = [base64.b64encode(text.encode()).decode() for text in samples]
    found = bench.evaluate("(all) => all.map((data) => readJson(data))", sent)
    assert dict(zip(samples, found, strict=True)) == dict(zip(samples, expected, strict=True))
    seen = {code for code, _ in expected}
    assert {"ok", *(f"format.{code}" for code in ("too-deep", "not-json", "number", "surrogate"))} <= seen


def test_pdfs_are_read_as_in_python(bench: Page) -> None:
    good = [pdf(embedded(b'{"id":"urn:uuid:1"}', packed=packed)) for packed in (True, False)]
    two = pdf(embedded(b"{}"), embedded(b"{}"))
    page = make(to_bytes(document()))
    samples = [*good, page, two, pdf(), pdf(embedded(b"[]")), pdf(embedded(b"{" + b" " * (1 << 21)))]
    samples += [good[0].replace(b"%%EOF", b"/Encrypt 1 0 R"), good[0].replace(b"/FlateDecode", b"/LZWDecode")]
    for file in good:
        start = file.index(b"5 0 obj")
        around = mutants(file[start : start + 260], 150, seed=9)  # where the rule looks
        samples += [file[:start] + part + file[start + 260 :] for part in around]
    outcomes = set()
    for file in samples:
        try:
            expected = ["ok", base64.b64encode(credential_in(file)).decode()]
        except FormatError as error:
            expected = [error.code, None]
        assert bench.evaluate("(data) => readBaked(data)", base64.b64encode(file).decode()) == expected, file
        outcomes.add(expected[0])
    assert {"ok", "baking.several", "baking.no-credential", "baking.pdf-object", "baking.pdf-length"} <= outcomes
    assert {"baking.pdf-damaged", "baking.pdf-filter", "baking.pdf-encrypted"} <= outcomes
