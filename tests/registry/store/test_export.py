"""The public export proves the whole history, and names nobody."""

import json

import pytest

from registry.errors import NotFound, StateError
from registry.format import entries, signature
from registry.format.merkle import root_of
from registry.format.multibase import decode_multikey
from registry.format.strictjson import digest
from registry.store import anchors, credentials, export, statusactions
from registry.store.engine import Store
from tests.support.exported import public_files
from tests.support.registered import CHAIN_ID, CONTRACT, Registered, row


def test_every_anchor_can_be_computed_again_from_the_export_alone(registered: Registered) -> None:
    store = registered.store
    _, handles = registered.sealed(3)
    registered.sealed(2, first=3)
    registered.anchor()
    statusactions.revoke(store, registered.vault, handles[0], "code", None, "admin")
    registered.anchor()
    registered.sealed(1, first=5)  # sealed, not anchored: not public yet

    files = dict(public_files(store))
    public = json.loads(files["registry.json"])
    assert public["format"] == "credanchor-export/1"
    assert (public["chain_id"], public["contract"]) == (CHAIN_ID, "0x" + CONTRACT.hex())
    registry_id = bytes.fromhex(public["registry_id"])
    lines = [json.loads(line) for line in files["anchors.jsonl"].splitlines()]
    assert [line["batches"] for line in lines] == [[1, 2], []]
    named = {"registry.json", "anchors.jsonl"}
    for line in lines:
        named.add(f"anchors/{line['number']:08}.json")
        alone = json.loads(files[f"anchors/{line['number']:08}.json"])
        following = alone.pop("entries")
        assert alone == line
        hashes = []
        for item in line["lists"]:
            named.add(f"lists/{item['digest']}.json")
            content = json.loads(files[f"lists/{item['digest']}.json"])
            assert content["id"] == item["id"]
            assert digest(content).hex() == item["digest"]
            entry = entries.list_entry(registry_id, item["id"], item["version"], digest(content))
            assert signature.verify(decode_multikey(item["key"]), bytes.fromhex(item["signature"]), entry)
            hashes.append(entries.entry_hash(entry))
        assert [entries.list_hash(item["id"]) for item in line["lists"]] == sorted(
            entries.list_hash(item["id"]) for item in line["lists"]
        )
        assert root_of(hashes).hex() == line["status_root"]
        anchor = [entries.entry_hash(entries.status_entry(registry_id, line["number"], root_of(hashes)))]
        for number in line["batches"]:
            named.add(f"batches/{number:08}.json")
            batch = json.loads(files[f"batches/{number:08}.json"])
            leaves = [bytes.fromhex(leaf) for leaf in batch["leaves"]]
            assert (batch["number"], batch["size"]) == (number, len(leaves))
            assert root_of(leaves).hex() == batch["root"]
            key = decode_multikey(batch["key"])
            entry = entries.batch_entry(registry_id, number, len(leaves), entries.issuer_key_id(key), root_of(leaves))
            assert signature.verify(key, bytes.fromhex(batch["signature"]), entry)
            anchor.append(entries.entry_hash(entry))
        assert root_of(anchor).hex() == line["root"]
        assert [entry.hex() for entry in anchor[1:]] == following
    assert len(lines[0]["lists"]) == 2
    assert set(files) == named  # nothing else is published
    assert len(named) == 2 + 2 + 2 + 3


def test_the_export_names_nobody(registered: Registered) -> None:
    store = registered.store
    batch_id, handles = registered.sealed(3)
    registered.anchor()
    ids = [item.credential_id for item in credentials.list_credentials(store, batch_id)]
    everything = b"".join(content for _, content in public_files(store))
    assert len(everything) > 1000
    for number, (handle, id_) in enumerate(zip(handles, ids, strict=True)):
        learner = row(number)
        for trace in (learner.name, json.dumps(learner.name)[1:-1], learner.email, handle, id_):
            assert trace is not None
            assert trace.encode() not in everything


def test_what_is_not_public_is_not_found_by_its_path(registered: Registered) -> None:
    registered.sealed(2)
    registered.anchor()
    registered.sealed(1, first=2)  # number 2: not anchored, so not public
    assert export.public_file(registered.store, "batches/00000001.json")
    for path in ("batches/00000002.json", "batches/1.json", "lists/" + "0" * 64 + ".json", "../master.key", ""):
        with pytest.raises(NotFound):
            export.public_file(registered.store, path)


def test_the_anchors_come_in_pieces_and_an_anchor_that_is_made_meanwhile_in_the_next_answer(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ANCHORS_AT_ONCE", 1)
    for number in range(3):
        registered.sealed(1, first=number)
        registered.anchor()
    tag, pieces = export.anchors(registered.store)
    before = [next(pieces)]
    registered.sealed(1, first=3)
    registered.anchor()
    before += pieces
    assert [json.loads(line)["number"] for line in before] == [1, 2, 3]
    again, pieces = export.anchors(registered.store)
    assert again != tag
    assert list(pieces)[:3] == before
    assert export.anchors(registered.store)[0] == again


def test_a_database_without_a_contract_has_nothing_to_export(store: Store) -> None:
    with pytest.raises(StateError):
        list(public_files(store))


def test_anchors_are_listed_newest_first_with_their_batches_and_where_they_were_seen(registered: Registered) -> None:
    store = registered.store
    assert anchors.latest_final(store) is None
    registered.sealed(1)
    registered.anchor()
    registered.sealed(1, first=1)
    registered.sealed(1, first=2)
    registered.anchor(final=False)
    registered.create_anchor()
    listed = anchors.list_anchors(store)
    assert [(item.anchor.number, item.batches) for item in listed] == [(3, ()), (2, (2, 3)), (1, (1,))]
    assert [item.anchored and item.anchored.final for item in listed] == [None, False, True]
    assert [item.anchor.number for item in anchors.list_anchors(store, limit=1, before=3)] == [2]
    assert anchors.get_anchor(store, 2).batches == (2, 3)
    latest = anchors.latest_final(store)
    assert latest is not None
    assert latest.number == 1
    with pytest.raises(NotFound):
        anchors.get_anchor(store, 4)
