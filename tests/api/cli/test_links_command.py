"""`credanchor links`: a file of claim links that only its owner can read, and all of them ended again."""

import csv
import os
from pathlib import Path

import pytest

from registry.store import links
from tests.support.commandline import credanchor
from tests.support.httpapi import Api


def test_every_credential_of_a_batch_gets_a_link_in_a_private_file_and_revoke_ends_them(
    listening: tuple[Api, str], tmp_path: Path
) -> None:
    filled, url = listening
    token = filled.key("credentials:read", issuer="uni")["Authorization"].removeprefix("Bearer ")
    out, env = tmp_path / "claims.csv", {"CREDANCHOR_API_KEY": token}
    made = credanchor("links", filled.final, "--out", out, "--url", url, "--json", env=env)
    assert made.code == 0, made.err
    assert made.json == {"batch": filled.final, "count": 3, "file": os.fspath(out)}
    assert out.stat().st_mode & 0o077 == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["credential"] for row in rows] == filled.handles
    codes = [row["url"].rpartition("/c/")[2] for row in rows]
    store = filled.registered.store
    assert [links.open_link(store, "claim", code).handles for code in codes] == [(handle,) for handle in filled.handles]
    ended = credanchor("links", filled.final, "--revoke", "--url", url, env=env)
    assert (ended.code, ended.out.strip()) == (0, "Claim links ended: 3")
    for code in codes:
        with pytest.raises(links.LinkEnded):
            links.open_link(store, "claim", code)
    unknown = credanchor("links", "nosuchbatch", "--url", url, env=env)
    assert unknown.code == 1
