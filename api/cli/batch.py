"""What commands that issue share: a batch opened, filled and sealed; waited for; its files fetched; told to people."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.failures import NOT_KNOWN, CliError
from api.cli.output import Progress, facts

if TYPE_CHECKING:
    from api.client import Client

WAIT_SECONDS, SECONDS_PER_CREDENTIAL = 900.0, 0.2
"""A public test network needs 15 minutes to be final; signing takes a tenth of the second figure."""


def submit(
    client: "Client", issuer: str, achievement: str | None, fill: Callable[[str], object], **opening: Any
) -> dict[str, Any]:
    """Open a batch, let `fill` put something at its path, seal it; answers the batch.

    What the registry or `fill` refuses is given up again, so that no half-filled batch stays. Raises ApiError,
    ApiUnreachable, and the CliError of `fill`.
    """
    from api.client import ApiError, ApiUnreachable

    batch = client.post("/v1/batches", {"issuer": issuer, "achievement": achievement, **opening})
    path = f"/v1/batches/{batch['id']}"
    try:
        fill(path)
        sealed: dict[str, Any] = client.post(f"{path}/seal")
    except (ApiError, CliError):
        with suppress(ApiError, ApiUnreachable):  # the refusal is what there is to tell
            client.delete(path)
        raise
    return sealed


def only_issuer(client: "Client") -> str:
    """The issuer that is meant when none is named. Raises CliError unless there is exactly one."""
    names = [issuer["id"] for issuer in client.everything("/v1/issuers")]
    if len(names) != 1:
        known = f"There are {len(names)}: {', '.join(names[:10])}." if names else "There is none yet."
        raise CliError(f"Which issuer? {known}", "Name one with --issuer, or add one: credanchor issuer add --help")
    return str(names[0])


def wait(
    client: "Client",
    batch: dict[str, Any],
    seconds: float | None,
    progress: Progress,
    sealed: Callable[[dict[str, Any]], object] = lambda _: None,
) -> dict[str, Any]:
    """Wait until a batch is final, and in order; `sealed` is told once, when it is sealed.

    Raises CliError, TimeoutError.
    """
    waiting = [sealed]

    def show(now: dict[str, Any]) -> None:
        if now["number"] is not None and waiting:
            waiting.pop()(now)
        if now["failure"]:
            raise CliError(f"Batch {now['id']} could not be sealed: {now['failure']}", "Nothing of it was issued.")
        done = now["progress"]
        progress(
            f"batch {now['id']}: {now['state']}"
            + (f", {done['done']} of {done['total']} signed" if now["state"] == "sealing" else "")
            + (", but in vain as it stands" if now["problem"] else "")
        )

    limit = seconds if seconds is not None else WAIT_SECONDS + batch["size"] * SECONDS_PER_CREDENTIAL
    try:
        final: dict[str, Any] = client.wait(
            f"/v1/batches/{batch['id']}", lambda now: now["state"] == "final", seconds=limit, progress=show
        )
    except TimeoutError as late:
        raise TimeoutError(f"{late}. Nothing is lost: credanchor issue --resume {batch['id']}") from None
    if final["problem"]:
        raise CliError(f"Batch {final['id']} is final. {final['problem']}", "No files were fetched.")
    return final


def fetch(client: "Client", batch: dict[str, Any], directory: Path, progress: Progress) -> list[str]:
    """Write each credential to a file; names begin with the place in the roster."""
    from api.client import ApiUnreachable
    from api.files import fetch_files

    written: list[str] = []
    try:
        for path, _ in fetch_files(client, batch["id"], directory):
            written.append(str(path))
            progress(f"wrote {len(written)} of {batch['size']} files")
    except ApiUnreachable as problem:
        remedy = f"Fetch them again: credanchor issue --resume {batch['id']} --out {directory}"
        raise CliError(f"{len(written)} of {batch['size']} files came. {problem}", remedy, NOT_KNOWN) from None
    return written


def told(batch: dict[str, Any], written: list[str], directory: Path | None) -> str:
    """A batch for people."""
    rows: dict[str, Any] = {"batch": batch["id"], "state": batch["state"], "credentials": batch["size"]}
    if anchor := batch.get("anchor"):
        rows |= {"anchor": anchor["number"], "block": anchor["block_number"], "transaction": anchor["tx_hash"]}
    if batch["problem"]:
        rows["problem"] = batch["problem"]
    if directory:
        rows["files"] = f"{len(written)} in {directory}"
        return f"{facts(rows)}\n\nCheck them: credanchor verify {directory}/*.json"
    return f"{facts(rows)}\n\nFetch the files when it is final: credanchor issue --resume {batch['id']} --out DIR"
