"""Front: webhooks that are previews, tags by id, and messages that show after a while."""

import json
import time

from aiohttp import web

from fakes.base import BOT, TOKEN, Fake, hmac_base64


class FakeFront(Fake):
    name = "front"

    def __init__(self):
        self.spec = {"team": "inb_9", "bot": f"tea_{BOT}", "label": "tag_needs"}
        super().__init__()

    def has_person(self, talk):
        return "tag_needs" in talk.labels and talk.status == "open"

    def headers(self, body, _delivery):
        at = str(time.time_ns() // 1_000_000)
        return {
            "X-Front-Request-Timestamp": at,
            "X-Front-Signature": hmac_base64(f"{at}:".encode() + body),
        }

    def payload(self, talk, said):
        inbound = said.role == "customer"
        message = {"id": f"msg_{said.id}", "is_inbound": inbound, "blurb": said.text[:20]}
        return {
            "type": "inbound_received" if inbound else "outbound_sent",
            "authorization": {"id": "cmp_1"},
            "payload": {
                "id": f"evt_{said.id}",
                "conversation": {"id": f"cnv_{talk.id}", "subject": ""},
                "target": {"_meta": {"type": "message"}, "data": message},
            },
        }

    def identity(self, talk):
        return f"cnv_{talk.id}"

    def knows(self, request):
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    def of(self, request):
        return self.talks[int(request.match_info["id"].removeprefix("cnv_"))]

    def routes(self, router):
        root = "/conversations/{id}"
        router.add_get(root, self.show)
        router.add_patch(root, self.change)
        router.add_get(f"{root}/messages", self.messages)
        router.add_post(f"{root}/messages", self.write)
        router.add_get(f"{root}/comments", self.comments)
        router.add_post(f"{root}/comments", self.comment)
        router.add_post(f"{root}/tags", self.tag)

    async def show(self, request):
        talk = self.of(request)
        shown = {
            "id": f"cnv_{talk.id}",
            "subject": "",
            "status": talk.status,
            "assignee": {"id": f"tea_{talk.assignee}"} if talk.assignee else None,
            "recipient": {"handle": "ada@shop.example", "name": "Ada Byron", "role": "from"},
            "tags": [{"id": tag} for tag in talk.labels],
        }
        return web.json_response(shown)

    async def messages(self, request):
        shown = [
            {
                "id": f"msg_{said.id}",
                "is_inbound": said.role == "customer",
                "is_draft": False,
                "body": f"<p>{said.text}</p>",
                "text": said.text,
                "created_at": said.at.timestamp(),
            }
            for said in reversed(self.of(request).said)
            if not said.private
        ]
        return web.json_response({"_results": shown})

    async def comments(self, request):
        shown = [
            {"id": f"com_{said.id}", "body": said.text, "posted_at": said.at.timestamp()}
            for said in reversed(self.of(request).said)
            if said.private
        ]
        return web.json_response({"_results": shown})

    async def write(self, request):
        talk, body = self.of(request), json.loads(await request.text())
        said = self.says(talk, body["text"], role="agent", author=body["author_id"])
        self.echo(talk, said)
        return web.json_response({"status": "accepted"}, status=202)

    async def comment(self, request):
        body = json.loads(await request.text())
        talk, author = self.of(request), body["author_id"]
        said = self.says(talk, body["body"], role="agent", private=True, author=author)
        return web.json_response({"id": f"com_{said.id}"}, status=201)

    async def change(self, request):
        talk, body = self.of(request), json.loads(await request.text())
        talk.labels = body.get("tag_ids", talk.labels)
        talk.status = body.get("status", talk.status)
        talk.team = body.get("inbox_id", talk.team)
        return web.Response(status=204)

    async def tag(self, request):
        talk, tags = self.of(request), json.loads(await request.text())["tag_ids"]
        talk.labels = [*dict.fromkeys((*talk.labels, *tags))]
        return web.Response(status=204)
