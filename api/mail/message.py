"""The mail that a learner gets: plain text, a link without personal data, and the credential attached."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from anchor.profiles import is_test
from api.pages.catalogue import Catalogue
from registry.verify.document import read

FILE_NAME = "credential.json"
"""Without a name in it: file names are shown and kept in many places."""


def compose(content: bytes, link: str, *, sender: Address, to: str, catalogue: Catalogue) -> EmailMessage:
    """The mail with the file `content` for the address `to`.

    Names come from the credential, as text, in one line each. Raises FormatError for a file that is no credential.
    """
    found = read(content)
    facts = {"name": found.learner_name, "title": found.title, "issuer": found.issuer_name, "date": found.awarded}
    text = catalogue.text
    lines = [
        text("mail.hello", facts),
        text("mail.awarded", facts),
        text("mail.open"),
        link,
        text("mail.secret"),
        text("mail.keep", facts),
    ]
    if is_test(found.wire.chain_id if found.wire else None):
        lines.append(text("mail.test"))
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = text("mail.subject", facts)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers
    message.set_content("\n\n".join(lines) + "\n")
    message.add_attachment(content, maintype="application", subtype="json", filename=FILE_NAME)
    message["Content-Language"] = catalogue.language  # last: what is about content moves into the parts
    return message
