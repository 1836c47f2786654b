"""The mails that a learner gets: one with a link and the credential attached, one that says that it was revoked."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from anchor.profiles import is_test
from api.pages.catalogue import Catalogue
from registry.verify.document import CredentialFile, read

FILE_NAME = "credential.json"
"""Without a name in it: file names are shown and kept in many places."""


def compose(content: bytes, link: str, *, sender: Address, to: str, catalogue: Catalogue) -> EmailMessage:
    """The mail with the file `content` for the address `to`.

    Names come from the credential, as text, in one line each. Raises FormatError for a file that is no credential.
    """
    found, text = read(content), catalogue.text
    facts = _facts(found)
    message = _mail(
        found, "mail.subject",
        [text("mail.awarded", facts), text("mail.open"), link, text("mail.secret"), text("mail.keep", facts)],
        sender, to, catalogue,
    )  # fmt: skip
    message.add_attachment(content, maintype="application", subtype="json", filename=FILE_NAME)
    message["Content-Language"] = catalogue.language  # last: what is about content moves into the parts
    return message


def compose_revoked(content: bytes, *, sender: Address, to: str, catalogue: Catalogue) -> EmailMessage:
    """The mail that says that the credential in the file `content` was revoked: plain text, no link, nothing attached.

    Why it was revoked is the issuer's to say. Raises FormatError for a file that is no credential.
    """
    found, text = read(content), catalogue.text
    facts = _facts(found)
    lines = [text("mail.revoked", facts), text("mail.revoked-seen"), text("mail.revoked-ask", facts)]
    message = _mail(found, "mail.revoked-subject", lines, sender, to, catalogue)
    message["Content-Language"] = catalogue.language
    return message


def _facts(found: CredentialFile) -> dict[str, str]:
    return {"name": found.learner_name, "title": found.title, "issuer": found.issuer_name, "date": found.awarded}


def _mail(  # noqa: PLR0917
    found: CredentialFile, subject: str, lines: list[str], sender: Address, to: str, catalogue: Catalogue
) -> EmailMessage:
    facts = _facts(found)
    lines = [catalogue.text("mail.hello", facts), *lines]
    if is_test(found.wire.chain_id if found.wire else None):
        lines.append(catalogue.text("mail.test"))
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = catalogue.text(subject, facts)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers
    message.set_content("\n\n".join(lines) + "\n")
    return message
