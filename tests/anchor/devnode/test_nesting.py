"""The depth of JSON text, measured without parsing, agrees with what parsing finds."""

import json

from hypothesis import given
from hypothesis import strategies as st

from anchor.devnode.nesting import deeper_than


def depth(value):
    if isinstance(value, dict):
        return 1 + max((depth(member) for member in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth(member) for member in value), default=0)
    return 0


VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='[]{}"\\ab'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='[{"\\'), inner, max_size=3),
    max_leaves=20,
)


@given(VALUES, st.integers(0, 8))
def test_it_agrees_with_the_parser(value, limit):
    assert deeper_than(json.dumps(value).encode(), limit) == (depth(value) > limit)


def test_brackets_in_an_unfinished_string_do_not_count():
    assert not deeper_than(b'["' + b"[" * 100, 64)
    assert deeper_than(b"[" * 65, 64)
    assert not deeper_than(b"[" * 64, 64)
