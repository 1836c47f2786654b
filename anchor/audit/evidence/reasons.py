"""Why some findings have no evidence file: what nobody signed, anybody could have written into one."""

SERVED = "what a server answers is signed by nobody, so no file can prove it: ask for it yourself"
NODE = "what a node leaves out, alters or shows is signed by nobody, so no file can prove it: ask another node"
REPORT = "reports are not signed, so no file can prove what an earlier one saw: compare the two yourself"
EXPORT = "exports are signed by nobody, so no file can prove what one held: audit it yourself"
HOLDER = "it would need the credential, which is personal: only its holder can show it"
NONE = "there is no kind of evidence for this yet"

WITHHELD = (
    "what is withheld is signed by nobody, so no file can prove it: ask for the batch, and file what then is found"
)
DEPLOYED = (
    "every address is without a contract at some block, before it was deployed, so a file proves nothing against a "
    "registry: ask a node about the newest block"
)

_BY_BEGIN = {
    "contract.missing": DEPLOYED,
    "admission.withheld": WITHHELD,
    "served.": SERVED,
    "holder.": HOLDER,
    "previous.": REPORT,
    "log.": NODE,
    "node.": NODE,
    "eyes.": NODE,
    "block.": NODE,
    "head.": NODE,
    "anchor.latest": NODE,
    "issuer.state": NODE,
    "key.state": NODE,
    "role.state": NODE,
    "tip.state": NODE,
    "deployment.": NODE,
    "time.": NODE,
    "contract.": NODE,
    "export.": EXPORT,
    "format.": EXPORT,
    "batch.signature": EXPORT,
    "batch.number": EXPORT,
    "batch.orphan": EXPORT,
    "batch.gap": EXPORT,
    "list.signature": EXPORT,
    "list.key": EXPORT,
    "list.missing": EXPORT,
    "list.digest": EXPORT,
    "list.members": EXPORT,
    "leaf.not-published": HOLDER,
}
"""By how a finding's code begins."""


def reason_for(code: str) -> str:
    """Why a finding of this code, for which there is no kind of evidence, has none."""
    return next((reason for begin, reason in _BY_BEGIN.items() if code.startswith(begin)), NONE)
