"""Intercom: parts of a conversation, and its own bot that greets everybody."""

import json
import uuid

from aiohttp import web

from fakes.base import BOT, TOKEN, Fake, hmac_hex

CUSTOMER = {"type": "user", "id": "9", "name": "Ada Byron", "email": "ada@shop.example"}


class FakeIntercom(Fake):
    name = "intercom"

    def __init__(self):
        self.spec = {"team": "360", "bot": BOT}
        self.tags = {}
        super().__init__()

    def has_person(self, talk):
        return "needs-person" in talk.labels and talk.status == "open"

    def headers(self, body, _delivery):
        return {"X-Hub-Signature": f"sha1={hmac_hex('sha1', body)}"}

    def payload(self, talk, said):
        topic = "user.replied" if said.role == "customer" else "admin.replied"
        if said.private:
            topic = "admin.noted"
        if said is talk.said[0]:
            topic = "user.created"
        item = self.shown(talk)
        if topic == "user.replied":
            item["conversation_parts"]["conversation_parts"] = [self.part(said)]
        return {
            "type": "notification_event",
            "id": f"notif_{uuid.uuid4()}",
            "topic": f"conversation.{topic}",
            "app_id": "app",
            "created_at": 1_700_000_000,
            "data": {"type": "notification_event_data", "item": item},
        }

    def part(self, said):
        author = CUSTOMER if said.role == "customer" else {"type": "admin", "id": said.author}
        return {
            "type": "conversation_part",
            "id": str(said.id),
            "part_type": "note" if said.private else "comment",
            "body": said.text if said.text.startswith("<p>") else f"<p>{said.text}</p>",
            "created_at": int(said.at.timestamp()),
            "author": author,
        }

    def shown(self, talk):
        first = talk.said[0]
        greeting = {
            "id": "1",
            "part_type": "comment",
            "body": "<p>We will be with you soon.</p>",
            "created_at": int(first.at.timestamp()) + 1,
            "author": {"type": "bot", "id": "1"},
        }
        assigned = {**greeting, "id": "2", "part_type": "assignment", "body": None}
        parts = [greeting, assigned, *(self.part(said) for said in talk.said[1:])]
        tags = [{"type": "tag", "id": f"t-{name}", "name": name} for name in talk.labels]
        return {
            "type": "conversation",
            "id": str(talk.id),
            "created_at": int(first.at.timestamp()),
            "open": talk.status == "open",
            "admin_assignee_id": int(talk.assignee) if talk.assignee else 0,
            "source": {
                "id": str(first.id),
                "subject": "",
                "body": f"<p>{first.text}</p>",
                "author": CUSTOMER,
            },
            "contacts": {"contacts": [{"id": "9", "external_id": "C-1"}]},
            "tags": {"type": "tag.list", "tags": tags},
            "conversation_parts": {"conversation_parts": parts},
        }

    def knows(self, request):
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    def routes(self, router):
        router.add_get("/conversations/{id}", self.show)
        router.add_post("/conversations/{id}/reply", self.reply)
        router.add_post("/conversations/{id}/parts", self.manage)
        router.add_post("/conversations/{id}/tags", self.tag)
        router.add_post("/tags", self.make_tag)

    async def show(self, request):
        return web.json_response(self.shown(self.of(request)))

    async def reply(self, request):
        talk, body = self.of(request), json.loads(await request.text())
        private = {"note": True, "comment": False}[body["message_type"]]
        said = self.says(talk, body["body"], role="agent", private=private, author=body["admin_id"])
        self.echo(talk, said)
        return web.json_response(self.shown(talk))

    async def manage(self, request):
        talk, body = self.of(request), json.loads(await request.text())
        if body["message_type"] == "open":
            talk.status = "open"
        else:
            talk.team = body["assignee_id"]
        return web.json_response({})

    async def make_tag(self, request):
        name = json.loads(await request.text())["name"]
        return web.json_response({"type": "tag", "id": f"t-{name}", "name": name})

    async def tag(self, request):
        talk = self.of(request)
        name = json.loads(await request.text())["id"].removeprefix("t-")
        talk.labels = [*dict.fromkeys((*talk.labels, name))]
        return web.json_response({})
