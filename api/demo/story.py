"""The story of the demo: issue, anchor, verify, alter, revoke, audit. Every step goes through the API or the files."""

from collections import Counter
from dataclasses import dataclass, field
from email.headerregistry import Address
from pathlib import Path
from typing import Any

from api.client import Client
from api.demo import auditing, forging, verifying
from api.demo.screen import Screen
from api.files import fetch_files
from api.mail.recipients import Recipients
from api.mail.sending import SENT, Sending
from api.mail.transport import Outbox
from api.pages.catalogue import DEFAULT, catalogues
from registry.credential.roster import cells

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY / "scripts" / "demo_data"
ISSUER = "north-sea-university"
DID = "did:web:north-sea.example"
PROFILE: dict[str, Any] = {
    "name": "North Sea University of Applied Sciences",
    "url": "https://north-sea.example",
    "address": {"type": ["Address"], "addressCountryCode": "NL", "addressRegion": "Zeeland"},
}
REVOCATION = {"reason": "issued-in-error", "note": "Awarded to the wrong participant."}
CHAIN_SECONDS = 120  # to wait for the chain; it needs a few
MAILED = 100  # credentials of a demo that also writes mails: each is a link made over HTTP
SECONDS_PER_CREDENTIAL = 0.2  # to wait for signing, ten times what it takes


class Disagreement(Exception):
    """A step did not give what it must give; the demo ends with a failure."""


@dataclass
class Result:
    """What the demo did, as `--json` prints it."""

    chain_id: int = 0
    contract: str = ""
    batch: dict[str, Any] = field(default_factory=dict)
    anchors: list[dict[str, Any]] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)
    altered: str = ""
    revoked: str = ""
    audit: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def tell(client: Client, data_dir: Path, files: Path, roster: bytes, screen: Screen) -> Result:
    """Run all stages against a running server. Raises Disagreement, ApiError, ApiUnreachable, TimeoutError."""
    result = Result()
    with screen.stage("development chain") as stage:
        registry = client.get("/v1/health")["registry"]
        result.chain_id, result.contract = registry["chain_id"], registry["contract"]
        stage.result = f"chain {result.chain_id}, contract {_short(result.contract)} (no standing: a test)"
    with screen.stage("issuer and key registered") as stage:
        key = _register(client)
        stage.result = f"{DID}, key {key['multibase'][:12]}… in the contract's log"
    with screen.stage("roster checked and taken in") as stage:
        batch = _submit(client, roster)
        stage.result = f"{batch['size']} rows, every one checked before any was written"
    with screen.stage("credentials signed, batch sealed") as stage:
        batch = _seal(client, batch, screen)
        stage.result = f"batch {batch['number']}, root {batch['root'][:12]}…"
    with screen.stage("anchored and final") as stage:
        batch = result.batch = _wait_final(client, batch, screen)
        anchor = batch["anchor"]
        stage.result = f"anchor {anchor['number']}, block {anchor['block_number']}, tx {_short(anchor['tx_hash'])}"
    handles = _hand_out(client, batch, roster, files, data_dir / "outbox", screen)
    with screen.stage("verified from the files alone") as stage:
        verdicts = verifying.verify_all(data_dir / "trust.toml", sorted(files.glob("*.json")), screen)
        result.verdicts = dict(Counter(verdicts.values()))
        _expect(result.verdicts == {"valid_test": batch["size"]}, f"verdicts {result.verdicts}")
        stage.result = f"{batch['size']} of {batch['size']} genuine (on a test network)"
    first = sorted(files.glob("*.json"))[0]
    with screen.stage("one altered") as stage:
        altered = forging.alter(first, data_dir / "altered.json")
        report = verifying.verify_one(data_dir / "trust.toml", data_dir / "altered.json")
        result.altered = report.verdict
        _expect(report.verdict == "invalid", f"an altered credential is {report.verdict}")
        stage.result = f"{altered}: {report.verdict}, by check 2, signature"
    with screen.stage("one revoked") as stage:
        (data_dir / "revoked.json").write_bytes(first.read_bytes())
        client.post(f"/v1/credentials/{handles[first.name]}/revoke", REVOCATION)
        _wait_status_anchored(client, anchor["number"], screen)
        report = verifying.verify_one(data_dir / "trust.toml", data_dir / "revoked.json")
        result.revoked = report.verdict
        _expect(report.verdict == "revoked", f"a revoked credential is {report.verdict}")
        stage.result = f"{report.verdict}: anchored in the next heartbeat, nobody can hide it"
    with screen.stage("history replayed as an auditor") as stage:
        result.audit = auditing.audit(client.url, data_dir / "trust.toml")
        _expect(result.audit["exit_code"] == 0, f"the audit found {result.audit['findings']}")
        stage.result = result.audit["summary"]
    result.anchors = client.get("/v1/anchors")["items"]
    result.seconds = dict(screen.seconds)
    return result


def _register(client: Client) -> dict[str, Any]:
    client.post("/v1/issuers", {"id": ISSUER, "did": DID, "profile": PROFILE})
    key = client.post(f"/v1/issuers/{ISSUER}/keys", {"custody": "hosted"})
    keys = client.wait(
        f"/v1/issuers/{ISSUER}/keys",
        lambda answer: all(one["chain"]["added_at"] for one in answer["items"]),
        seconds=CHAIN_SECONDS,
    )
    return dict(keys["items"][0] | {"multibase": key["multibase"]})


def _submit(client: Client, roster: bytes) -> dict[str, Any]:
    definition = (DATA / "achievement.toml").read_bytes()
    achievement = client.post(f"/v1/issuers/{ISSUER}/achievements", data=definition, content_type="application/toml")
    batch = client.post("/v1/batches", {"issuer": ISSUER, "achievement": achievement["id"]})
    client.post(f"/v1/batches/{batch['id']}/credentials", data=roster, content_type="text/csv")
    return dict(client.get(f"/v1/batches/{batch['id']}"))


def _seal(client: Client, batch: dict[str, Any], screen: Screen) -> dict[str, Any]:
    client.post(f"/v1/batches/{batch['id']}/seal")

    def show(answer: dict[str, Any]) -> None:
        progress = answer["progress"]
        screen.progress(f"signed {progress['done']:,} of {progress['total']:,}")
        _expect(not answer["failure"], f"sealing stopped: {answer['failure']}")

    return dict(
        client.wait(
            f"/v1/batches/{batch['id']}",
            lambda answer: answer["state"] not in {"open", "sealing"},
            seconds=CHAIN_SECONDS + batch["size"] * SECONDS_PER_CREDENTIAL,
            progress=show,
        )
    )


def _wait_final(client: Client, batch: dict[str, Any], screen: Screen) -> dict[str, Any]:
    return dict(
        client.wait(
            f"/v1/batches/{batch['id']}",
            lambda answer: answer["state"] == "final",
            seconds=CHAIN_SECONDS,
            progress=lambda answer: screen.progress(f"the batch is {answer['state']}"),
        )
    )


def _wait_status_anchored(client: Client, number: int, screen: Screen) -> None:
    """Until an anchor after `number` is final: it commits to the changed revocation list."""
    screen.progress("waiting for the anchor that carries the revocation")
    client.wait(
        "/v1/anchors",
        lambda answer: any(
            one["number"] > number and one["chain"] is not None and one["chain"]["final"] for one in answer["items"]
        ),
        seconds=CHAIN_SECONDS,
    )


def _download(client: Client, batch: dict[str, Any], files: Path, screen: Screen) -> dict[str, str]:
    """Write every credential to a file of its own; returns file name -> handle."""
    handles: dict[str, str] = {}
    for path, handle in fetch_files(client, batch["id"], files):
        handles[path.name] = handle
        screen.progress(f"wrote {len(handles):,} files")
    _expect(len(handles) == batch["size"], f"{len(handles)} files for {batch['size']} credentials")
    return handles


def _hand_out(  # noqa: PLR0917 (two stages of `tell`)
    client: Client, batch: dict[str, Any], roster: bytes, files: Path, outbox: Path, screen: Screen
) -> dict[str, str]:
    """To the issuer as files, to the learners by mail; file name -> handle."""
    with screen.stage("files written") as stage:
        handles = _download(client, batch, files, screen)
        stage.result = f"{len(handles)} standard Open Badges 3.0 files"
    if batch["size"] <= MAILED:
        with screen.stage("learners told by mail") as stage:
            told = _mail(client, batch, roster, outbox, screen)
            stage.result = f"{told} mails to open in {outbox}, none was sent"
    return handles


def _mail(client: Client, batch: dict[str, Any], roster: bytes, outbox: Path, screen: Screen) -> int:
    """Write the mails of a batch; how many. Learners without an address in the roster get none."""
    recipients = Recipients(cells(roster, "text/csv"))
    sender = Address(PROFILE["name"], "noreply", "north-sea.example")
    sending = Sending(client, sender, recipients, Outbox(outbox), catalogues()[DEFAULT], None)
    outcome = sending.run(batch["id"], screen.progress)
    _expect(not outcome.problems, f"mails: {outcome.problems}")
    return outcome.counts[SENT]


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Disagreement(otherwise)


def _short(value: str) -> str:
    return f"{value[:8]}…{value[-4:]}"
