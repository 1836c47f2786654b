"""The vectors of bundles, whose tries another library wrote, give what they state."""

from pathlib import Path

import pytest

from tests.support.vectors import BUNDLES, bundle_verdict, load


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_bundle_vector_gives_the_verdict_and_codes_it_states(path: Path) -> None:
    vector = load(path)
    assert bundle_verdict(vector, vector["bundle"].encode()) == vector["expected"]
