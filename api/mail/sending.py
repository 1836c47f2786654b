"""To the learners of a batch, each credential or that it was revoked: find the address, compose, send, remember."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Any

from api.client import ApiError, Client
from api.files import file_bytes
from api.mail import Refused
from api.mail.journal import REVOKED, Journal
from api.mail.message import compose, compose_revoked
from api.mail.recipients import Recipients
from api.mail.transport import Transport
from api.pages.catalogue import Catalogue

SENT, BEFORE, NO_ADDRESS, REFUSED = "sent", "sent_before", "no_address", "refused"


@dataclass
class Outcome:
    """How many of each, and what was wrong with which place of the batch (from 1); no address is in it."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Sending:
    """`journal` None: each run is for itself, as with an outbox. `revoked`: what the mails say."""

    client: Client
    sender: Address
    recipients: Recipients
    transport: Transport
    catalogue: Catalogue
    journal: Journal | None
    revoked: bool = False

    def run(self, batch: str, progress: Callable[[str], None]) -> Outcome:
        """Send to all whom it concerns; what was sent stays known.

        Raises ApiError (the batch is not final), ApiUnreachable, MailError.
        """
        outcome = Outcome()
        for item in self._revoked(batch) if self.revoked else self.client.lines(f"/v1/batches/{batch}/files"):
            result, problem = self._one(item)
            outcome.counts[result] += 1
            if problem:
                outcome.problems.append((item["index"] + 1, problem))
            progress(f"{outcome.counts.total():,} credentials, {outcome.counts[SENT]:,} mails sent")
        return outcome

    def _revoked(self, batch: str) -> Iterator[Mapping[str, Any]]:
        for row in self.client.everything(f"/v1/batches/{batch}/credentials"):
            if row["status"] == "revoked" and row["erased_at"] is None:
                yield row

    def _one(self, item: Mapping[str, Any]) -> tuple[str, str]:
        handle = item["handle"]
        told = f"{REVOKED} {handle}" if self.revoked else handle
        if self.journal and told in self.journal.sent:
            return BEFORE, ""
        credential = item.get("credential") or self.client.get(f"/v1/credentials/{handle}/file")
        address = self.recipients.address(item["index"], credential)
        if address is None:
            return NO_ADDRESS, ""
        content, link = file_bytes(credential), None
        if self.revoked:
            message = compose_revoked(content, sender=self.sender, to=address, catalogue=self.catalogue)
        else:
            try:
                link = self.client.post(f"/v1/credentials/{handle}/claim-links")
            except ApiError as problem:
                return REFUSED, str(problem)
            message = compose(content, link["url"], sender=self.sender, to=address, catalogue=self.catalogue)
        if self.journal:
            self.journal.sending(told)
        try:
            self.transport.send(message, f"{item['index'] + 1:05d}-{told.replace(' ', '-')}")
        except Refused as problem:
            if self.journal:
                self.journal.failed(told)
            if link:
                self.client.post(f"/v1/credentials/{handle}/claim-links/{link['id']}/revoke")
            return REFUSED, str(problem)
        return SENT, ""
