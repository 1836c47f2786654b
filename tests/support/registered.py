"""A registry with one issuer, one key and one achievement, and a stand-in for worker and chain that writes their rows.

The stand-in lets the store be tested alone: `anchor` does what the worker's transactions do when all goes well, and
`Chain` answers a verifier from those rows as the contract would.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from registry.credential.achievement import Achievement
from registry.credential.roster import RosterRow
from registry.format import entries
from registry.store import achievements, batches, issuers, keys, sealing, setup, trees
from registry.store.engine import Store
from registry.store.tables import Anchor, Anchored, AnchorList, Attempt, Batch, Issuer, IssuerKey, StatusList
from registry.store.vault import Vault
from registry.verify import ChainAnswer, ChainFacts, RegistryTrust, Report, TrustProfile, verify

CHAIN_ID = 11155111
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
CODE = hashlib.sha256(b"code").digest()
DID = "did:web:university.example"
START = 1_767_225_600  # 2026-01-01T00:00:00Z
ACHIEVEMENT = """
slug = "soil-science"
version = "1"
language = "en"
title = "Soil science in practice"
description = "Reads a soil profile in the field."
[awarding_body]
name = "Example University"
country = "NL"
[criteria]
narrative = "Field work and a written report."
[[learning_outcomes]]
title = "Describes a soil profile"
[workload]
ects = 2.5
[level]
eqf = 6
[assessment]
type = "written"
[participation]
mode = "blended"
[quality_assurance]
name = "Institutional accreditation"
url = "https://quality.example/university"
"""


def achievement() -> Achievement:
    return Achievement.parse(ACHIEVEMENT.encode(), "toml")


def row(number: int, **changes: str) -> RosterRow:
    """A learner who is recognised by an unusual name and mail address."""
    values = {
        "name": f"Zoë Ünal-{number:04}",
        "email": f"learner.{number:04}@students.example",
        "awarded_on": "2026-01-01",
    }
    return RosterRow(**(values | changes))  # type: ignore[arg-type]


@dataclass
class Registered:
    """A store with an issuer "uni", whose key is on the chain, and its achievement."""

    store: Store
    vault: Vault
    key: IssuerKey
    achievement_id: str
    now: int = START

    def batch(self, count: int, first: int = 0) -> tuple[str, list[str]]:
        """An open batch with `count` learners: its id and their handles."""
        batch = batches.open_batch(self.store, "uni", self.achievement_id)
        rows = [row(number) for number in range(first, first + count)]
        return batch.id, batches.add_rows(self.store, self.vault, batch.id, rows)

    def sealed(self, count: int, first: int = 0) -> tuple[str, list[str]]:
        """A sealed batch."""
        batch_id, handles = self.batch(count, first)
        batches.request_seal(self.store, batch_id)
        assert sealing.Sealer(self.store, self.vault).seal_next()
        assert batches.get_batch(self.store, batch_id).failure is None
        return batch_id, handles

    def put_on_chain(self, key_id: bytes) -> None:
        """What the registrar writes when it has seen the issuer and the key in the contract."""
        with self.store.begin() as session:
            key = session.get_one(IssuerKey, key_id)
            key.chain_added_at = self.now
            session.get_one(Issuer, key.issuer_id).chain_added_at = self.now

    def anchor(self, *, final: bool = True) -> int:
        """One anchor for all lists and all sealed batches, signed, sent, included and final; its number."""
        number = self.create_anchor()
        self.attempt(number)
        self.include(number, final=final)
        return number

    def create_anchor(self) -> int:
        """What the worker commits to before it signs anything."""
        self.now += 600
        with self.store.begin() as session:
            number = 1 + (session.scalar(select(func.max(Anchor.number))) or 0)
            lists = sorted(session.scalars(select(StatusList)), key=lambda item: entries.list_hash(item.url))
            pending = select(Batch).where(Batch.state == "sealed", Batch.anchor_number.is_(None)).order_by(Batch.number)
            chosen = session.scalars(pending).all()
            anchor = Anchor(
                number=number, root=bytes(32), status_root=bytes(32), size=1 + len(chosen), created_at=self.now
            )
            session.add(anchor)
            session.flush()
            for place, item in enumerate(lists):
                session.add(AnchorList(anchor_number=number, position=place, list_id=item.id, version=item.version))
            for place, batch in enumerate(chosen, 1):
                batch.anchor_number, batch.anchor_index = number, place
            session.flush()
            if lists:
                anchor.status_root = trees.status_tree(session, trees.anchored_lists(session, number)).root
            session.flush()
            anchor.root = trees.anchor_tree(session, number).root
        return number

    def attempt(self, number: int) -> None:
        """A signed transaction, stored."""
        with self.store.begin() as session:
            session.add(
                Attempt(
                    tx_hash=hashlib.sha256(b"tx %d" % number).digest(), anchor_number=number, sender=bytes(20),
                    nonce=number, max_fee="1", max_tip="1", raw=b"", created_at=self.now, created_block=number,
                )
            )  # fmt: skip

    def include(self, number: int, *, final: bool) -> None:
        """The anchor as it was seen on the chain."""
        with self.store.begin() as session:
            session.merge(
                Anchored(
                    number=number, root=session.get_one(Anchor, number).root, position=number + 3,
                    tx_hash=hashlib.sha256(b"tx %d" % number).digest(), block_number=100 + number,
                    block_hash=hashlib.sha256(b"block %d" % number).digest(), block_time=self.now, final=final,
                )
            )  # fmt: skip

    def verify(self, data: bytes, evidence: bytes) -> Report:
        """The verdict of somebody who has the file, this evidence and the (stand-in) chain, with RDF."""
        trust = RegistryTrust(
            name="Example Network", chain_id=CHAIN_ID, contract=CONTRACT, code_sha256=CODE,
            rpc=("https://node.example",), status=("https://registry.example",), test=False,
        )  # fmt: skip
        return verify(
            data,
            trust=TrustProfile((trust,)),
            chain=lambda _registry: Chain(self.store, self.now),
            status=_Evidence(evidence),
            now=datetime.fromtimestamp(self.now + 60, UTC),
        )


@dataclass(frozen=True)
class _Evidence:
    data: bytes

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        return self.data


@dataclass(frozen=True)
class Chain:
    """Answers `lookup` from the rows that the worker and the registrar keep."""

    store: Store
    now: int

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        with self.store.read() as session:
            found = session.scalar(select(Anchored).where(Anchored.root == root, Anchored.final))
            latest = session.scalars(select(Anchored).where(Anchored.final).order_by(Anchored.number.desc())).first()
            key = session.get(IssuerKey, key_id)
            issuer = session.get(Issuer, key.issuer_id) if key else None
            facts = ChainFacts(
                chain_id=CHAIN_ID, contract=CONTRACT, code_sha256=CODE, block_number=999, block_hash=bytes(32),
                block_time=self.now, finalized=True, log_size=20, log_head=bytes(32), closed=False,
                anchor_number=found.number if found else 0, anchor_position=found.position if found else 0,
                anchor_time=found.block_time if found else 0, anchor_block=found.block_number if found else 0,
                key_issuer=entries.issuer_id(issuer.did) if issuer else bytes(32),
                key_added_at=(key.chain_added_at or 0) if key else 0,
                key_revoked_at=(key.chain_revoked_at or 0) if key else 0,
                key_compromised_at=(key.chain_compromised_at or 0) if key else 0,
                issuer_added_at=(issuer.chain_added_at or 0) if issuer else 0, issuer_suspended=False,
                latest_number=latest.number if latest else 0, latest_root=latest.root if latest else bytes(32),
                latest_time=latest.block_time if latest else 0,
            )  # fmt: skip
        return ChainAnswer(facts)


def register(store: Store) -> Registered:
    """Fill an empty store."""
    vault = Vault(bytes(32))
    setup.bind_registry(
        store, chain_id=CHAIN_ID, contract=CONTRACT, deploy_block=1, deploy_block_hash=bytes(32), code_sha256=CODE,
        public_url="https://registry.example",
    )  # fmt: skip
    made = Registered(store, vault, IssuerKey(), "uni.soil-science.1")
    store.clock = lambda: made.now
    issuers.add_issuer(store, "uni", DID, {"name": "Example University"})
    made.key = keys.add_hosted_key(store, vault, "uni", secret=hashlib.sha256(b"issuer's secret").digest())
    made.put_on_chain(made.key.key_id)
    achievements.add_achievement(store, "uni", achievement())
    return made
