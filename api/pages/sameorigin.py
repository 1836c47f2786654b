"""Forms are taken from our own pages alone: no other site acts in a link's name. There are no cookies."""

from fastapi import Request

from api.problems import Problem
from api.settings import Settings


def require_same_origin(request: Request, settings: Settings) -> None:
    """Raises Problem cross-origin for a request that another site made.

    Browsers of today say it in Sec-Fetch-Site (on https and on localhost). Where it is missing, Origin must be ours or
    be missing too, as with programs.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        own = site == "same-origin"
    else:
        origin = request.headers.get("origin")
        own = origin is None or origin in (settings.public_url.rstrip("/"), str(request.base_url).rstrip("/"))
    if not own:
        raise Problem("cross-origin", "This form was not sent from a page of this registry.")
