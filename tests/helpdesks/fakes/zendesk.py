"""Zendesk: comments are added by changing the ticket, and `tags` there overwrites."""

import json
import uuid
from datetime import UTC, datetime

from aiohttp import web

from fakes.base import BOT, TOKEN, Fake, basic, hmac_base64, iso

USERS = [
    {"id": 9, "role": "end-user", "name": "Ada Byron", "email": "ada@shop.example"},
    {"id": 55, "role": "agent", "name": "Grace"},
    {"id": int(BOT), "role": "agent", "name": "Bot"},
]


class FakeZendesk(Fake):
    name = "zendesk"
    first_status = "new"

    def __init__(self):
        self.spec = {"user": "bot@shop.example", "team": "360", "bot": BOT}
        super().__init__()

    def has_person(self, talk):
        return "needs-person" in talk.labels and talk.status == "open"

    def headers(self, body, delivery):
        at = iso(datetime.now(UTC))
        return {
            "X-Zendesk-Webhook-Signature-Timestamp": at,
            "X-Zendesk-Webhook-Signature": hmac_base64(at.encode() + body),
            "X-Zendesk-Webhook-Invocation-Id": delivery,
        }

    def payload(self, talk, said):
        staff = said.role == "agent"
        comment = {
            "id": str(said.id),
            "body": said.text,
            "is_public": not said.private,
            "author": {"id": said.author, "is_staff": staff, "name": "Ada Byron"},
        }
        return {
            "type": "zen:event-type:ticket.comment_added",
            "id": str(uuid.uuid4()),
            "account_id": 1,
            "time": iso(said.at),
            "zendesk_event_version": "2022-11-06",
            "subject": f"zen:ticket:{talk.id}",
            "detail": {"id": str(talk.id), "status": talk.status.upper(), "requester_id": "9"},
            "event": {"comment": comment, "meta": {"sequence": {"position": 1}}},
        }

    def knows(self, request):
        return request.headers.get("Authorization") == basic("bot@shop.example/token", TOKEN)

    def routes(self, router):
        router.add_get("/api/v2/tickets/{id}.json", self.show)
        router.add_put("/api/v2/tickets/{id}.json", self.change)
        router.add_get("/api/v2/tickets/{id}/comments.json", self.comments)
        router.add_put("/api/v2/tickets/{id}/tags.json", self.tag)

    async def show(self, request):
        talk = self.of(request)
        ticket = {
            "id": talk.id,
            "status": talk.status,
            "subject": "",
            "requester_id": 9,
            "assignee_id": int(talk.assignee) if talk.assignee else None,
            "tags": talk.labels,
        }
        return web.json_response({"ticket": ticket, "users": USERS})

    async def comments(self, request):
        shown = [
            {
                "id": said.id,
                "author_id": int(said.author),
                "body": said.text,
                "plain_body": said.text,
                "public": not said.private,
                "created_at": iso(said.at),
            }
            for said in self.of(request).said
        ]
        if request.query.get("sort") == "-created_at":
            shown.reverse()
        size = int(request.query.get("page[size]", "100"))
        return web.json_response({"comments": shown[:size], "users": USERS})

    async def change(self, request):
        talk, ticket = self.of(request), json.loads(await request.text())["ticket"]
        talk.labels = ticket.get("tags", talk.labels)
        talk.status = ticket.get("status", talk.status)
        talk.priority = ticket.get("priority", talk.priority)
        if "group_id" in ticket:
            talk.team = str(ticket["group_id"])
        if "comment" in ticket:
            comment = ticket["comment"]
            private = not comment.get("public", True)
            said = self.says(talk, comment["body"], role="agent", private=private, author=BOT)
            self.echo(talk, said)
        return web.json_response({"ticket": {"id": talk.id}})

    async def tag(self, request):
        talk = self.of(request)
        tags = json.loads(await request.text())["tags"]
        talk.labels = [*dict.fromkeys((*talk.labels, *tags))]
        return web.json_response({"tags": talk.labels})
