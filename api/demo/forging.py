"""What a forger would try first: change the grade in an otherwise genuine file."""

import json
from pathlib import Path

from api.files import file_bytes


def alter(genuine: Path, forged: Path) -> str:
    """Write `forged`: `genuine` with a better result for the learner. Returns what was changed, in words."""
    credential = json.loads(genuine.read_text("utf-8"))
    results = credential["credentialSubject"].get("result")
    if results:
        before, results[0]["value"] = results[0]["value"], "10"
        if before == "10":
            results[0]["value"] = "9.9"
        changed = f"grade {before} made {results[0]['value']}"
    else:
        credential["name"] += " with distinction"
        changed = "title made grander"
    forged.write_bytes(file_bytes(credential))
    return changed
