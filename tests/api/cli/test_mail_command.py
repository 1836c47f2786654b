"""`credanchor mail`: each learner gets the own credential and no other, once, whatever happens between two mails."""

import email
import json
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from registry.store import links, statusactions
from tests.support.commandline import Outcome, credanchor
from tests.support.httpapi import Api

SENDER = "North Sea <noreply@uni.example>"


class Mailbox:
    """An SMTP server's hands: keeps what comes, refuses `full` addresses, hangs up after `most` mails."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.full: set[str] = set()
        self.most = 1000

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.full:
            return f"552 5.2.2 {address} is full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        if len(self.mails) >= self.most:
            server.transport.close()
            return "421 gone"
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append((envelope.rcpt_tos[0], message))
        return "250 OK"


class AnyPort(Controller):
    """Learns its port before it tries itself out."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    controller = AnyPort(box, hostname="127.0.0.1", port=0, ready_timeout=10)
    controller.start()
    yield box, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


class Office:
    """An issuer with its roster, in front of a registry and a mail server."""

    def __init__(self, filled: Api, url: str, place: Path, server: str) -> None:
        self.filled, self.url, self.server = filled, url, server
        self.roster = place / "roster.csv"
        self.token = filled.key("credentials:read")["Authorization"].removeprefix("Bearer ")
        self.write(range(3))

    def write(self, numbers: Any) -> None:
        rows = (f"Learner {number},learner.{number:04}@students.example,2026-01-01\n" for number in numbers)
        self.roster.write_text("name,email,awarded_on\n" + "".join(rows))

    def mail(self, *words: str | Path, **env: str) -> Outcome:
        known = {"CREDANCHOR_API_KEY": self.token, "CREDANCHOR_SMTP_URL": self.server} | env
        return credanchor(
            "mail", self.filled.final, self.roster, "--from", SENDER, "--url", self.url, "--json", *words, env=known
        )


@pytest.fixture
def office(listening: tuple[Api, str], mailbox: tuple[Mailbox, str], tmp_path: Path) -> Office:
    return Office(*listening, tmp_path, mailbox[1])


def attached(message: EmailMessage) -> dict[str, Any]:
    return dict(json.loads(next(message.iter_attachments()).get_content()))


def test_each_learner_gets_the_own_credential_with_a_link_that_opens_it_and_nobody_gets_two(
    office: Office, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    office.write([2, 0, 1])  # another order than the batch's: the hash in the credential decides
    first = office.mail()
    assert (first.code, first.json["counts"]) == (0, {"sent": 3}), first.err
    store = office.filled.registered.store
    seen = set()
    for address, message in box.mails:
        name = next(one["identityHash"] for one in attached(message)["credentialSubject"]["identifier"])
        body = message.get_body(("plain",))
        assert body
        text = body.get_content()
        assert f"Hello {name}," in text
        assert message["To"] == address
        assert str(message["From"]) == SENDER
        code = next(line for line in text.splitlines() if "/c/" in line).rpartition("/")[2]
        (handle,) = links.open_link(store, "claim", code).handles
        seen.add((address, handle))
    assert seen == {
        (f"learner.{number:04}@students.example", handle) for number, handle in enumerate(office.filled.handles)
    }
    assert office.mail().json["counts"] == {"sent_before": 3}
    assert len(box.mails) == 3
    journal = office.roster.with_name(f"mail-{office.filled.final}.txt").read_text()
    assert "@" not in journal


def test_whose_credential_was_revoked_is_told_once_and_nobody_else(
    office: Office, mailbox: tuple[Mailbox, str], tmp_path: Path
) -> None:
    box, _ = mailbox
    made, (first, second, third) = office.filled.registered, office.filled.handles
    assert office.mail("--revoked").json["counts"] == {}
    assert office.mail().json["counts"] == {"sent": 3}
    statusactions.revoke(made.store, made.vault, second, "issued-in-error", "a note about Zoë", "admin")
    statusactions.suspend(made.store, made.vault, third, "under-review", None, "admin")
    box.full = {"learner.0001@students.example"}
    assert office.mail("--revoked").json["counts"] == {"refused": 1}
    box.full = set()
    assert office.mail("--revoked", "--lang", "nl").json["counts"] == {"sent": 1}
    address, message = box.mails[-1]
    assert address == "learner.0001@students.example"
    assert str(message["Subject"]).startswith("Ingetrokken: ")
    assert message["Content-Language"] == "nl"
    assert not message.is_multipart()
    text = message.get_content()
    assert "Example University heeft ingetrokken" in text
    assert "note about" not in text
    assert "://" not in text  # no link: whoever gets such a mail should not have to wonder where it leads
    assert office.mail("--revoked").json["counts"] == {"sent_before": 1}
    statusactions.revoke(made.store, made.vault, third, "issued-in-error", None, "admin")
    assert office.mail("--revoked").json["counts"] == {"sent_before": 1, "sent": 1}
    assert office.mail().json["counts"] == {"sent_before": 3}
    assert len(box.mails) == 5
    outbox = tmp_path / "outbox"
    statusactions.revoke(made.store, made.vault, first, "issued-in-error", None, "admin")
    office.filled.client.delete(f"/v1/credentials/{first}", headers=office.filled.key("credentials:revoke"))
    assert office.mail("--revoked", "--outbox", outbox).json["counts"] == {"sent": 2}
    assert [path.name[:14] for path in sorted(outbox.iterdir())] == ["00002-revoked-", "00003-revoked-"]


def test_a_server_that_hangs_up_stops_it_and_the_next_run_sends_the_rest(
    office: Office, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    box.most = 1
    broken = office.mail()
    assert broken.code == 1
    assert "what was sent is not sent twice" in broken.err
    box.most = 1000
    # Whether the second one arrived nobody can know: it is not sent again by itself.
    assert office.mail().json["counts"] == {"sent_before": 2, "sent": 1}
    assert [address for address, _ in box.mails] == ["learner.0000@students.example", "learner.0002@students.example"]


def test_a_refused_address_is_named_by_its_place_its_link_ends_and_it_is_tried_again(
    office: Office, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    box.full = {"learner.0001@students.example"}
    found = office.mail()
    assert (found.code, found.json["counts"]) == (1, {"sent": 2, "refused": 1})
    assert [one["place"] for one in found.json["problems"]] == [2]
    assert "@" not in found.out + found.err
    assert links.list_links(office.filled.registered.store, office.filled.handles[1], ("claim",)) == []
    box.full = set()
    assert office.mail().json["counts"] == {"sent_before": 2, "sent": 1}


def test_a_roster_of_others_sends_nothing_and_an_outbox_takes_files_instead(
    office: Office, mailbox: tuple[Mailbox, str], tmp_path: Path
) -> None:
    office.write(range(100, 103))
    assert office.mail().json["counts"] == {"no_address": 3}
    office.write(range(3))
    box = tmp_path / "outbox"
    assert office.mail("--outbox", box, "--lang", "nl").json["counts"] == {"sent": 3}
    assert mailbox[0].mails == []
    first = sorted(box.glob("*.eml"))[0]
    assert first.stat().st_mode & 0o077 == 0
    message = email.message_from_bytes(first.read_bytes(), policy=default)
    assert message["Content-Language"] == "nl"
    assert str(message["Subject"]).startswith("Uw microcredential: ")


def test_a_password_is_in_no_message_and_a_wrong_sender_is_named(office: Office) -> None:
    bad = office.mail(CREDANCHOR_SMTP_URL="smtp://me:s3cret@127.0.0.1:9")
    assert bad.code == 1
    assert "127.0.0.1 cannot be used" in bad.err
    for address in ("ftp://me:s3cret@host", "smtps://me:s3cret@host:0", "smtp://me:s3cret@[host"):
        wrong = office.mail(CREDANCHOR_SMTP_URL=address)
        assert "written like smtps://" in wrong.err
        assert "s3cret" not in bad.err + wrong.err
    assert office.mail("--from", "nobody").code == 64
