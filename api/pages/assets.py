"""The pages' own files. Their address holds a hash of all of them, so modules of two versions never run together."""

from hashlib import sha256
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER = Path(__file__).parent / "static"
_HASH_CHARS = 16
_YEAR = 31_536_000  # seconds: the longest that caches keep anything


def _version() -> str:
    """A hash of every file's name and content, taken once at the start."""
    whole = sha256()
    for path in sorted(_FOLDER.rglob("*")):
        if path.is_file():
            name = path.relative_to(_FOLDER).as_posix().encode()
            whole.update(b"%d:%b%b" % (len(name), name, sha256(path.read_bytes()).digest()))
    return whole.hexdigest()[:_HASH_CHARS]


VERSION = _version()
PREFIX = f"/static/{VERSION}"
"""Where pages take their files from. Modules import one another by relative addresses, so they stay below it."""


class Assets(StaticFiles):
    """Below PREFIX for ever; without a version for who imports the verifier from elsewhere, and asked for each time.

    Another version's address is a 404, never a newer file: a page from before a deployment fails, and works once it is
    loaded again.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file of this version."""
        version, _, rest = path.replace("\\", "/").partition("/")
        is_current = version == VERSION
        response = await super().get_response(rest if is_current else path, scope)
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if is_current else "no-cache"
        return response


static = Assets(directory=_FOLDER)
