"""Chatwoot: an agent bot, whose token may do less than a user's, has what is pending."""

import json

from aiohttp import web

from fakes.base import BOT, SECRET, TOKEN, USER_TOKEN, Fake, hmac_hex, iso, now_s

KINDS = {"customer": 0, "agent": 1}
NAMES = {"customer": "incoming", "agent": "outgoing"}


class FakeChatwoot(Fake):
    name = "chatwoot"
    first_status = "pending"

    def __init__(self):
        self.spec = {"account": "1", "user_token_env": "CHATWOOT_USER_TOKEN", "team": "4"}
        super().__init__()

    def has_person(self, talk):
        return talk.status == "open"

    async def takes(self, talk):
        talk.status, talk.assignee = "open", "55"

    def gave_up(self, talk):
        # What the bot does not answer for goes to the agents.
        if talk.status == "pending":
            talk.status = "open"

    def headers(self, body, delivery):
        at = now_s()
        signature = hmac_hex("sha256", f"{at}.".encode() + body, SECRET)
        return {
            "X-Chatwoot-Timestamp": at,
            "X-Chatwoot-Signature": f"sha256={signature}",
            "X-Chatwoot-Delivery": delivery,
        }

    def payload(self, talk, said):
        sender = {"id": 9, "name": "Ada Byron", "email": "ada@shop.example", "type": "contact"}
        return {
            "event": "message_created",
            "id": said.id,
            "content": said.text,
            "created_at": iso(said.at),
            "message_type": NAMES[said.role],
            "content_type": "text",
            "private": said.private,
            "sender": sender if said.role == "customer" else {"id": int(said.author)},
            "account": {"id": 1},
            "inbox": {"id": 3},
            "conversation": {"id": talk.id, "status": talk.status, "inbox_id": 3, "labels": []},
            "something_new": {"added": 1.5},
        }

    def knows(self, request):
        token = request.headers.get("api_access_token")
        if token == USER_TOKEN:
            return True
        writes = ("messages", "toggle_status", "toggle_priority", "assignments")
        allowed = request.method == "POST" and request.path.endswith(writes)
        return token == TOKEN and allowed

    def routes(self, router):
        root = "/api/v1/accounts/1/conversations/{id}"
        router.add_get(root, self.show)
        router.add_get(f"{root}/messages", self.messages)
        router.add_post(f"{root}/messages", self.write)
        router.add_get(f"{root}/labels", self.labels)
        router.add_post(f"{root}/labels", self.label)
        router.add_post(f"{root}/toggle_status", self.status)
        router.add_post(f"{root}/toggle_priority", self.prioritise)
        router.add_post(f"{root}/assignments", self.assign)

    async def show(self, request):
        talk = self.of(request)
        sender = {"id": 9, "name": "Ada Byron", "email": "ada@shop.example", "identifier": "C-1"}
        meta = {"sender": sender, "hmac_verified": False}
        return web.json_response({"id": talk.id, "status": talk.status, "meta": meta})

    async def messages(self, request):
        shown = [
            {
                "id": said.id,
                "content": said.text,
                "message_type": KINDS[said.role],
                "private": said.private,
                "created_at": int(said.at.timestamp()),
            }
            for said in self.of(request).said
        ]
        activity = {"id": 1, "content": "was opened", "message_type": 2, "created_at": 1}
        return web.json_response({"meta": {}, "payload": [activity, *shown]})

    async def write(self, request):
        talk, body = self.of(request), json.loads(await request.text())
        said = self.says(talk, body["content"], role="agent", private=body["private"], author=BOT)
        self.echo(talk, said)
        return web.json_response({"id": said.id, "message_type": 1})

    async def labels(self, request):
        return web.json_response({"payload": self.of(request).labels})

    async def label(self, request):
        talk = self.of(request)
        talk.labels = json.loads(await request.text())["labels"]
        return web.json_response({"payload": talk.labels})

    async def status(self, request):
        talk = self.of(request)
        talk.status = json.loads(await request.text())["status"]
        if request.headers["api_access_token"] == USER_TOKEN:
            talk.assignee = "55"
        return web.json_response({"payload": {"success": True}})

    async def prioritise(self, request):
        self.of(request).priority = json.loads(await request.text())["priority"]
        return web.json_response({})

    async def assign(self, request):
        self.of(request).team = str(json.loads(await request.text())["team_id"])
        return web.json_response({})
