"""Mails to learners, sent by the issuer from the roster that it has.

MailError     what stops all of it: a server that refuses us, a roster that cannot be read
└── Refused   the server did not take this one mail
"""


class MailError(Exception):
    """Cause and remedy, without password or address."""


class Refused(MailError):
    """The server did not take this mail; others may be taken."""
