"""Pictures in the browser: the same text or the same flaw as in Python, which takes no SVG that expat would not."""

import base64
import json
import random
from xml.parsers import expat

import pytest
from playwright.sync_api import Page

from registry.credential.baking import bake, credential_in, image_kind
from registry.errors import FormatError
from tests.support import pictures
from tests.support.baking import JWS
from tests.support.pictures import OB3, credential_element, svg

pytestmark = pytest.mark.browser

CREDENTIAL = json.dumps({"id": "urn:uuid:1", "name": "Zoë ]]> \ufffe"}, ensure_ascii=False).encode()

SVGS = [
    svg(credential_element(inside, attributes), root, before)
    for inside, attributes, root, before in (
        ('{"a":"]]&gt;\r\n\r &#13;&#x1F3C5;"}', "", "", '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'),
        ('<![CDATA[{"a":"]]]]><![CDATA[>"}]]>', "", ' xmlns:x="urn:x" x:a="1" a="2" xml:lang="nl"', "<!-- - -->\ufeff"),
        (
            '<![CDATA[{"a":"]]]]><![CDATA[>"}]]>',
            "",
            ' xmlns:x="urn:x" x:a="1" a="2" xml:lang="nl"',
            "<!-- - --><?x y?>",
        ),
        ("", f' verify=" \n{JWS.decode()} "', "", ""),
        (" \u00a0", f' verify="{JWS.decode()}"', "", ""),
        ("\n ", ' verify="{&quot;a&quot;:&#10;\t1}"', "", ""),
        ("{}", ' verify="&#x20;\r\n"', "", ""),
        ("[]", "", "", ""),
        ("\ufeff{}", "", "", ""),
        ("<a xmlns='' b='&amp;'/>", "", "", ""),
    )
]

TRAPS = [
    *"<>&\"'/=?!:- \t\r\n\0\x01\x7f\x85\ufeff\u2028\uffff{}[]é",
    *("]]>", "<![CDATA[", "--", "-->", "<!--", "<?", "?>", "<?xml ", "<?xml?>", "<?XML x?>"),
    *("<!DOCTYPE svg>", "<!doctype>"),
    *('<?xml version="1.0" encoding="utf-16"?>', '<?xml version="1.1"?>', "&#0;", "&#x110000;", "&#xd800;", "&#9;"),
    *("&#xfffe;", "&#x0000041;", "&lt", "&nbsp;", "&#X41;", "<g>", "</g>", "<g/>", "</svg>", "<svg/>", ' xmlns=""'),
    *(' xmlns:ob=""', ' xmlns:ob="urn:x"', ' xmlns:xml="urn:x"', ' xmlns:xmlns="urn:x"', ' xmlns:y="urn:x" y:a="1"'),
    *(' xmlns:z="http://www.w3.org/XML/1998/namespace"', ' xmlns:z="a b"', ' a="1"', " verify='{}'", ' é="1"'),
    *(' y:b="2"', "  " * 40),
    *(" b=<", " b", "<é/>", "<a:b:c/>", "<:a/>", "<ob:credential/>", f'<credential xmlns="{OB3}"/>', "<g>" * 257),
    f'<c:credential xmlns:c="{OB3}">{{}}</c:credential>',
]  # fmt: skip


def changed(image: bytes, chance: random.Random) -> bytes:
    """A few traps put in, parts cut, doubled or moved; mostly where a tag begins or ends."""
    for _ in range(chance.randint(1, 2)):
        ends = [place for place, byte in enumerate(image) if byte in b"<>=\" /'"]
        place = (
            chance.choice(ends) + chance.randint(0, 1)
            if chance.random() < 0.8 and ends
            else chance.randrange(len(image) + 1)
        )
        length = chance.choice([1, 1, 2, 5, 30])
        match chance.randrange(6):
            case 0:
                image = image[:place] + image[place + length :]
            case 1:
                image = image[:place] + image[place : place + length] + image[place:]
            case 2:
                image = image[:place] + bytes([chance.randrange(256)]) + image[place + 1 :]
            case _:
                image = image[:place] + chance.choice(TRAPS).encode() + image[place:]
    return image


def in_python(image: bytes) -> list[str | None]:
    try:
        return ["ok", base64.b64encode(credential_in(image)).decode()]
    except FormatError as error:
        return [error.code, None]


def by_expat(image: bytes) -> str:
    """The text or token in the one credential, as another parser finds it. Raises ExpatError."""
    depth, texts, tokens = [0], list[str](), list[str]()
    parser = expat.ParserCreate("utf-8", " ")

    def start(name: str, attributes: dict[str, str]) -> None:
        if depth[0] or name == f"{OB3} credential":
            depth[0] += 1
            tokens.append(attributes.get("verify", ""))

    def end(_: str) -> None:
        depth[0] = max(0, depth[0] - 1)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda text: texts.append(text) if depth[0] else None
    parser.Parse(image, True)
    assert len(tokens) == 1
    return tokens[0].strip(" \t\r\n") or "".join(texts)


def test_pictures_are_read_as_in_python(bench: Page) -> None:
    chance = random.Random(20261126)
    baked = [bake(image, CREDENTIAL) for image in (pictures.png(), pictures.SVG)]
    samples = [*baked, pictures.png(), bake(pictures.png(), JWS), svg(credential_element() * 2), pictures.SVG, *SVGS]
    samples += [b" " * 63 + SVGS[3], b"\xef\xbb\xbf" + b"\n" * 63 + b"<svg", b"\xef\xbb\xbf" + b"\n" * 64 + b"<svg"]
    samples += [svg("<g/>" * 50_001), svg(root=" a=''" * 200_001), svg(credential_element("é" * 600_000))]
    samples += [changed(chance.choice([baked[1], *SVGS, *SVGS]), chance) for _ in range(500)]
    samples += [changed(baked[0], chance) for _ in range(100)]
    expected = [in_python(image) for image in samples]
    sent = [base64.b64encode(image).decode() for image in samples]
    found = bench.evaluate("(all) => Promise.all(all.map((data) => readBaked(data)))", sent)
    for image, there, here in zip(samples, found, expected, strict=True):
        assert there == here, image[:3000]
    codes = {code for code, _ in expected}
    wanted = "jws no-credential checksum not-xml not-svg doctype encoding misplaced several not-text ambiguous"
    wanted += " too-complex not-a-credential credential-too-large"
    assert {"ok", *(f"baking.{code}" for code in wanted.split())} <= codes
    for image, (code, text) in zip(samples, expected, strict=True):
        if image_kind(image) == "svg" and code == "ok" and text:
            assert by_expat(image).encode() == base64.b64decode(text), image
