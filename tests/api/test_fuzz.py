"""Whatever is sent, the answer is one that OpenAPI declares, and never a 500."""

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.apisamples import SAMPLES
from tests.support.httpapi import Api, operations

FUZZ = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
KEPT = {"suspendIssuer", "revokeKey", "markKeyCompromised", "eraseCredential", "deleteBatch"}
"""Left out: one lucky example would end what the others need."""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changed(draw: st.DrawFn, sample: Any) -> Any:
    """The sample with something in it replaced, added or left out."""
    if isinstance(sample, dict) and sample and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(sample)))
        action = draw(st.integers(0, 2))
        if action == 0:
            return {key: value for key, value in sample.items() if key != name}
        if action == 1:
            return {**sample, draw(texts): draw(values)}
        return {**sample, name: draw(changed(sample[name]))}
    if isinstance(sample, list) and sample and draw(st.booleans()):
        return [draw(changed(sample[0])), *sample[1:]]
    return draw(values)


@FUZZ
@given(st.data())
def test_no_body_is_answered_with_a_500(api: Api, data: st.DataObject) -> None:
    found = [one for one in operations(api.app) if one.has_body and one.id not in KEPT]
    operation = data.draw(st.sampled_from(found))
    body, content_type = SAMPLES[operation.id](api)
    if content_type in ("application/json", "application/vc") and data.draw(st.booleans()):
        body = json.dumps(data.draw(changed(json.loads(body)))).encode()
    else:
        place = data.draw(st.integers(0, 100)) * len(body) // 100  # samples differ in length from run to run
        body = body[:place] + data.draw(st.binary(max_size=8)) + body[place + data.draw(st.integers(0, 8)) :]
    types = [*operation.description["requestBody"]["content"], "text/csv; charset=utf-16", "x"]
    content_type = data.draw(st.sampled_from([content_type, *types]))
    response = api.send(operation, api.key("admin"), (body, content_type))
    assert response.status_code < 500, (operation.id, body, response.text)


@FUZZ
@given(st.data())
def test_no_path_query_or_header_is_answered_with_a_500(api: Api, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([one for one in operations(api.app) if one.id not in KEPT]))
    places = api.places(operation.id)
    for name in places:
        if data.draw(st.booleans()):
            places[name] = quote(data.draw(texts | st.from_regex(r"[0-9a-f]{64}|[0-9]{8,20}", fullmatch=True)), safe="")
    query = {
        name: data.draw(texts) for name in data.draw(st.sets(st.sampled_from(["limit", "cursor", "anchor", "issuer"])))
    }
    headers = api.key("admin")
    for name in data.draw(st.sets(st.sampled_from(["Idempotency-Key", "Accept", "If-None-Match", "Authorization"]))):
        headers[name] = data.draw(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
    body = SAMPLES[operation.id](api) if operation.has_body else None
    extra = {"Content-Type": body[1]} if body else {}
    response = api.client.request(
        operation.method,
        operation.path.format(**places),
        params=query,
        content=body and body[0],
        headers={**headers, **extra},
    )
    assert response.status_code < 500, (operation.id, places, query, headers, response.text)
