"""Where mails go: to a server over SMTP, or into a directory as `.eml` files, which is an outbox that one can open."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from api.mail import MailError, Refused

TIMEOUT_SECONDS = 30.0
"""For one answer of the server: some look at an attachment before they take it."""

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Transport(Protocol):
    """Takes one mail. Raises Refused when just this one was not taken, MailError when none will be."""

    def send(self, message: EmailMessage, name: str) -> None: ...


class Outbox:
    """Writes `NAME.eml` into a directory that only its owner can read; nothing leaves the machine."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory

    def send(self, message: EmailMessage, name: str) -> None:
        path = self._directory / f"{name}.eml"
        path.touch(mode=0o600)
        path.write_bytes(message.as_bytes(policy=SMTP))


class Server:
    """A connection that is kept for all mails."""

    def __init__(self, connection: smtplib.SMTP, host: str) -> None:
        self._connection, self._host = connection, host

    def send(self, message: EmailMessage, name: str) -> None:  # noqa: ARG002 (a file needs a name, a server none)
        try:
            self._connection.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError) as problem:
            with suppress(smtplib.SMTPException):
                self._connection.rset()
            raise Refused(f"{self._host} did not take it: {_said(problem)}.") from None
        except (smtplib.SMTPException, OSError) as problem:
            raise MailError(f"{self._host}: {_said(problem)}. Run it again: what was sent is not sent twice.") from None


@contextmanager
def server(url: str) -> Iterator[Transport]:
    """Connect: smtps:// (TLS), or smtp:// (STARTTLS, and without it only on this machine). Raises MailError."""
    parts = _parts(url)
    host = str(parts.hostname)
    context = ssl.create_default_context()
    try:
        if parts.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_SECONDS)
        with connection:
            if parts.scheme == "smtp" and host not in LOOPBACK:
                connection.starttls(context=context)
            if parts.username:
                connection.login(unquote(parts.username), unquote(parts.password or ""))
            yield Server(connection, host)
    except (smtplib.SMTPException, OSError) as problem:
        raise MailError(f"{host} cannot be used: {_said(problem)}.") from None


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:  # without the address, which may hold a password
        raise MailError("The mail server is written like smtps://USER:PASSWORD@HOST or smtp://HOST:PORT.")
    return parts


def _said(problem: Exception) -> str:
    """The kind of error and a server's code; its texts may quote the address or the password."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in problem.recipients.values()})
        return f"{type(problem).__name__} {', '.join(map(str, codes))}"
    code = getattr(problem, "smtp_code", "")
    return f"{type(problem).__name__} {code}".strip()
