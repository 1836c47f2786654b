"""What an auditor that goes on and on tells Prometheus: /livez and /metrics. Labels are few and name nobody."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.exposition import MEDIA_TYPE, Exposition
from api.following import OUTCOMES, Follower


def create_app(follower: Follower) -> Starlette:
    """The application that `monitor.listening` serves."""

    def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    def metrics(_: Request) -> Response:
        return Response(render(follower), media_type=MEDIA_TYPE)

    return Starlette(routes=[Route("/livez", livez), Route("/metrics", metrics)])


def render(follower: Follower) -> str:
    """Everything. Findings and blocks are those of the last audit that could look; alert on its age, too."""
    out = Exposition()
    rounds = [({"outcome": one}, follower.rounds[one]) for one in OUTCOMES]
    out.family("audit_rounds_total", "counter", "Audits by outcome.", [*rounds])
    if follower.last:
        out.gauge("audit_answered", "Whether everything answered in the last audit.", int(bool(follower.last.report)))
        out.gauge("audit_seconds", "What the last audit took.", round(follower.last.seconds, 3))
    out.gauge("audit_messages_waiting", "Whether a message waits for its receiver.", int(follower.untold))
    if report := follower.report:
        out.gauge("audit_last_ok_timestamp", "Unix time of the last audit that could look.", follower.looked_at)
        out.gauge("audit_block_number", "Block that it read.", report.head["block_number"])
        out.gauge("audit_block_timestamp", "Unix time of that block.", report.head["block_time"])
        found = {one.id: 0 for one in report.properties}
        for finding in report.findings:
            found[report.owner(finding)] += 1
        says = "Findings by property: page when any is not 0."
        out.family("audit_findings", "gauge", says, [({"property": one}, n) for one, n in found.items()])
        looked = [({"what": name.replace(" ", "_")}, number) for name, number in report.counts.items()]
        out.family("audit_looked_at", "gauge", "How much was looked at.", [*looked])
    return out.text()
