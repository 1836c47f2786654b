"""The address that adds a credential to somebody's LinkedIn profile. It leads away: whoever follows it decides to."""

from urllib.parse import quote, urlencode

from registry.verify.document import CredentialFile

ADD = "https://www.linkedin.com/profile/add"


def add_link(found: CredentialFile, share_url: str, share_id: str) -> str:
    """LinkedIn's form, filled in with title, issuer, month and the share link, which the holder can end.

    `share_id` stands for the credential's number: its own id must not become public.
    """
    fields = {
        "startTask": "CERTIFICATION_NAME",
        "name": found.title,
        "organizationName": found.issuer_name,
        "issueYear": int(found.awarded[:4]),
        "issueMonth": int(found.awarded[5:7]),
        "certUrl": share_url,
        "certId": share_id,
    }
    return f"{ADD}?{urlencode(fields, quote_via=quote, safe='')}"
