"""Every credential of a final batch to its learner: find the address, make a link, compose, send, remember."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Any

from api.client import ApiError, Client
from api.files import file_bytes
from api.mail import Refused
from api.mail.journal import Journal
from api.mail.message import compose
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
    """`journal` None: each run is for itself, as with an outbox."""

    client: Client
    sender: Address
    recipients: Recipients
    transport: Transport
    catalogue: Catalogue
    journal: Journal | None

    def run(self, batch: str, progress: Callable[[str], None]) -> Outcome:
        """Send to all. Raises ApiError (not final), ApiUnreachable, MailError; what was sent stays known."""
        outcome = Outcome()
        for item in self.client.lines(f"/v1/batches/{batch}/files"):
            result, problem = self._one(item)
            outcome.counts[result] += 1
            if problem:
                outcome.problems.append((item["index"] + 1, problem))
            progress(f"{outcome.counts.total():,} credentials, {outcome.counts[SENT]:,} mails sent")
        return outcome

    def _one(self, item: Mapping[str, Any]) -> tuple[str, str]:
        handle = item["handle"]
        if self.journal and handle in self.journal.sent:
            return BEFORE, ""
        address = self.recipients.address(item["index"], item["credential"])
        if address is None:
            return NO_ADDRESS, ""
        try:
            link = self.client.post(f"/v1/credentials/{handle}/claim-links")
        except ApiError as problem:
            return REFUSED, str(problem)
        content = file_bytes(item["credential"])
        message = compose(content, link["url"], sender=self.sender, to=address, catalogue=self.catalogue)
        if self.journal:
            self.journal.sending(handle)
        try:
            self.transport.send(message, f"{item['index'] + 1:05d}-{handle}")
        except Refused as problem:
            if self.journal:
                self.journal.failed(handle)
            self.client.post(f"/v1/credentials/{handle}/claim-links/{link['id']}/revoke")
            return REFUSED, str(problem)
        return SENT, ""
