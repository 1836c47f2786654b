"""Baking into SVG: text is inserted, never written anew; XML's dangers are refused, not survived."""

import json
import re
from xml.etree import ElementTree

import pytest

from registry.credential.baking import bake, unbake
from registry.credential.baking.xmlscan import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS
from registry.errors import FormatError
from registry.limits import MAX_DOCUMENT_BYTES
from tests.support.baking import DOCUMENT, JWS, SMALL, refused, refused_whole
from tests.support.pictures import OB3, SVG, credential_element, svg

ELEMENT = f"{{{OB3}}}credential"


@pytest.mark.parametrize("credential", [SMALL, JWS], ids=["json", "jws"])
def test_only_the_insertion_differs_and_another_parser_finds_the_credential_first(credential):
    baked = bake(SVG, credential)
    assert unbake(baked).data == credential
    inserted = re.sub(rb"<openbadges:credential.*</openbadges:credential>", b"", baked, flags=re.DOTALL)
    assert inserted.replace(f' xmlns:openbadges="{OB3}"'.encode(), b"") == SVG, "the rest byte for byte"
    root = ElementTree.fromstring(baked)
    assert root[0].tag == ELEMENT
    assert (root[0].get("verify") or root[0].text).encode() == credential
    assert len(root.findall(f".//{ELEMENT}")) == 1


def test_the_credential_stands_as_open_badges_shows_it():
    declared = f' xmlns:openbadges="{OB3}"'.encode()
    assert bake(b'<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>', SMALL) == (
        b"<svg" + declared + b' xmlns="http://www.w3.org/2000/svg">'
        b"<openbadges:credential><![CDATA[" + SMALL + b"]]></openbadges:credential><g/></svg>"
    )
    assert b'<openbadges:credential verify="' + JWS + b'"></openbadges:credential>' in bake(svg(), JWS)


@pytest.mark.parametrize("root", ["<svg/>", "<svg />", "<s:svg\n/>"])
def test_an_empty_root_is_opened(root):
    name = root.strip("</>\n ")
    picture = root.replace(name, f'{name} xmlns="http://www.w3.org/2000/svg" xmlns:s="http://www.w3.org/2000/svg"')
    baked = bake(picture.encode(), SMALL)
    assert unbake(baked).data == SMALL
    assert baked.endswith(f"</openbadges:credential></{name}>".encode())


def test_a_byte_order_mark_and_line_ends_stay():
    picture = b"\xef\xbb\xbf" + SVG.replace(b"\n", b"\r\n")
    baked = bake(picture, SMALL)
    assert unbake(baked).data == SMALL
    assert baked.startswith(b"\xef\xbb\xbf<?xml")
    assert bake(baked, JWS, replace=True) == bake(picture, JWS)


def test_a_root_that_uses_the_prefix_for_something_else_keeps_it():
    older = svg('<openbadges:assertion verify="https://x"/>', ' xmlns:openbadges="http://openbadges.org"')
    refused(older, "baking.no-credential", "Open Badges 2.0")
    baked = bake(older, SMALL)
    assert unbake(baked).data == SMALL
    assert baked.count(b'xmlns:openbadges="http://openbadges.org"') == 1


@pytest.mark.parametrize("uri", [OB3, "http://openbadges.org"])
def test_a_prefix_that_is_declared_below_the_root_is_not_the_roots(uri):
    baked = bake(svg(f'<g xmlns:openbadges="{uri}"/>'), SMALL)
    assert unbake(baked).data == SMALL
    assert baked.index(f'xmlns:openbadges="{OB3}"'.encode()) < baked.index(b"<openbadges:credential>")


def test_a_credential_is_replaced_only_when_asked():
    baked = bake(SVG, SMALL)
    with pytest.raises(FormatError, match="holds a credential already"):
        bake(baked, JWS)
    assert bake(baked, JWS, replace=True) == bake(SVG, JWS), "nothing of the first is left"
    crowd = svg(
        credential_element(verify := "", "") + "<g/>" + credential_element("{}") + f'<c xmlns="{OB3}"/>{verify}'
    )
    again = bake(crowd, SMALL, replace=True)
    assert unbake(again).data == SMALL
    assert again.endswith(f'<g/><c xmlns="{OB3}"/><path d="M0 0"/></svg>'.encode())


def test_json_that_would_end_the_section_or_that_xml_would_change_keeps_its_value():
    document = '{"a]]>b":"]]>]]]>\ufffe\uffff\u2028\x7f&<\\\\]]>",\r\n"b":\r1}'.encode()
    baked = bake(SVG, document)
    assert baked.count(b"]]>") == bake(SVG, SMALL).count(b"]]>")
    assert json.loads(unbake(baked).data) == json.loads(document)
    assert json.loads(ElementTree.fromstring(baked)[0].text) == json.loads(document)
    assert unbake(bake(SVG, DOCUMENT)).data == DOCUMENT.replace(b"\r\n", b"\n")


def test_no_line_end_is_left_to_xml_to_change():
    document = b'{"a":\r1,\r\n"b":\n2}\r'
    baked = bake(svg(), document)
    assert b'{"a":\n1,\n"b":\n2}\n' in baked, "what stands in the file is what readers of it get"
    assert unbake(baked).data in baked


def test_what_other_bakers_write_is_read():
    for inside in (
        credential_element('<![CDATA[{"a":"]]]]><![CDATA[>"}]]>'),
        credential_element("{&quot;a&quot;:&#34;]]&gt;&#34;}"),
        f'<credential xmlns="{OB3}">{{"a":"]]&gt;"}}</credential>',
        "<title>later</title>" + credential_element('{"a":"]]&gt;"}'),
    ):
        assert unbake(svg(inside)).data == b'{"a":"]]>"}'
    token = JWS.decode()
    assert unbake(svg(f'<c:credential verify=" {token}\n" xmlns:c="{OB3}" />')).data == JWS


def test_the_same_name_in_another_namespace_is_no_credential():
    for uri in ("https://purl.imsglobal.org/ob/v3p1", OB3 + "/", "", OB3.replace("https", "http")):
        refused(svg(f'<x xmlns="{uri}"><credential>{{}}</credential></x>'), "baking.no-credential")


def test_two_credential_elements_are_refused():
    refused(svg(credential_element("{}") + credential_element("{}")), "baking.several", "2 credentials")
    refused_whole(svg(credential_element("{}") * 1000), "baking.several")


def test_a_token_and_a_text_in_one_element_are_refused():
    refused(svg(credential_element("{}", f' verify="{JWS.decode()}"')), "baking.ambiguous")


def test_a_credential_hidden_deeper_is_refused():
    for inside in (f"<g>{credential_element('{}')}</g>", f"<defs><svg>{credential_element('{}')}</svg></defs>"):
        refused_whole(svg(inside), "baking.misplaced")


@pytest.mark.parametrize("part", ["<!-- -->", "<?x y?>", "<b/>", credential_element("{}")])
def test_text_that_readers_could_join_differently_is_refused(part):
    refused_whole(svg(credential_element('{"a":1' + part + "}")), "baking.not-text")
    unbake(svg(part.replace(credential_element("{}"), "") + credential_element("{}")))  # outside it does no harm


def test_billion_laughs_are_refused_before_the_first():
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = svg(credential_element("&l9;"), before=f'<!DOCTYPE svg [<!ENTITY l0 "lol">{laughs}]>')
    refused_whole(bomb, "baking.doctype", "Delete it")


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE svg SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://127.0.0.1:9/svg11.dtd">',
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE svg [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>',
        '<!DOCTYPE svg [<!ATTLIST svg onload CDATA "x()">]>',
        "<!DOCTYPE svg>",
    ],
)
def test_any_document_type_is_refused(doctype):
    refused_whole(svg(credential_element("&x;"), before=doctype), "baking.doctype")


def test_an_entity_nobody_declared_is_refused():
    refused_whole(svg(credential_element("&x;")), "baking.not-xml", "undefined entity")


def test_elements_nested_a_million_deep_are_refused():
    refused_whole(svg("<g>" * 1_000_000), "baking.too-complex")
    refused_whole(svg("<g>" * MAX_DEPTH + "</g>" * MAX_DEPTH), "baking.too-complex", "inside each other")
    deepest = MAX_DEPTH - 1
    assert unbake(bake(svg("<g>" * deepest + "</g>" * deepest), SMALL)).data == SMALL


def test_floods_of_elements_and_attributes_are_refused():
    refused_whole(svg("<g/>" * MAX_ELEMENTS), "baking.too-complex", "elements")
    refused_whole(svg(root="".join(f" a{n}=''" for n in range(MAX_ATTRIBUTES))), "baking.too-complex", "attributes")


def test_a_huge_attribute_is_taken_whole_but_not_as_a_token():
    picture = svg(root=f' data-x="{"/>" * 2_000_000}"')
    assert len(bake(picture, SMALL)) - len(picture) == len(bake(svg(), SMALL)) - len(svg())
    token = JWS.decode() + "x" * MAX_DOCUMENT_BYTES
    refused(svg(credential_element("", f' verify="{token}"')), "baking.credential-too-large")
    refused_whole(svg(credential_element(" " * MAX_DOCUMENT_BYTES + " ")), "baking.credential-too-large")


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (b"<html/>", "baking.not-svg"),
        (b"<svg/>", "baking.not-svg"),
        (b'<svg xmlns="http://www.w3.org/2000/svgs"/>', "baking.not-svg"),
        (SVG[:-30], "baking.not-xml"),
        (SVG + b"<svg/>", "baking.not-xml"),
        (svg("<openbadges:credential/>"), "baking.not-xml"),  # the prefix is not declared
        (svg(root=' a="1" a="2"'), "baking.not-xml"),
        (svg("\x00"), "baking.not-xml"),
        (svg("&#0;"), "baking.not-xml"),
        (svg("é").decode().encode("latin-1"), "baking.not-xml"),
        (svg(before='<?xml version="1.0" encoding="ISO-8859-1"?>'), "baking.encoding"),
        (svg(before='<?xml version="1.0" encoding="UTF-7"?>'), "baking.encoding"),
        (svg(before='<?xml version="1.1"?>'), "baking.encoding"),
    ],
)
def test_what_is_no_plain_svg_is_refused(image, code):
    refused_whole(image, code)
