"""A1: the contract is the trusted one."""

from anchor.audit import deployment
from anchor.audit.properties.property import Property
from anchor.audit.state import check_identity
from anchor.audit.view import View


def check(view: View) -> str:
    """Code, proxy slots, and whose export it is. What follows is looked at only where all of it is right."""
    view.trusted = check_identity(view.book, view.chain, view.trust) and _is_its_export(view)
    if not view.trusted or view.registry_file is None:
        return "where it was deployed: what is not the trusted contract is not looked at further"
    genesis = view.entries[0] if view.complete else None
    return deployment.check(view.book, view.chain, view.trust, view.registry_file.deploy_block, genesis)


def _is_its_export(view: View) -> bool:
    found = view.registry_file
    if found is None:
        return False
    return view.book.expect(
        "RegistryIsTheOneTrusted",
        (found.chain_id, found.contract, found.registry_id)
        == (view.trust.chain_id, view.trust.contract, view.registry),
        "registry.json",
        "export.other-registry",
        "The export belongs to another registry than the one the trust profile names.",
        f"0x{view.trust.contract.hex()} on chain {view.trust.chain_id}",
        f"0x{found.contract.hex()} on chain {found.chain_id}",
    )


IDENTITY = Property(
    1,
    "identity",
    "the contract runs the trusted code behind no proxy, from where it was deployed on, and the export is its own",
    ("RegistryIsTheOneTrusted", "DeploymentIsWhereItIsSaid"),
    check,
)
