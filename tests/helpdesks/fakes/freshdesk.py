"""Freshdesk: rules tell with a fixed header; tags are overwritten; the list has no order."""

import json

from aiohttp import web

from fakes.base import BOT, SECRET, TOKEN, Fake, basic, iso

NUMBERS = {1: "low", 2: "medium", 3: "high", 4: "urgent"}
CUSTOMER = {"id": 9, "name": "Ada Byron", "email": "ada@shop.example"}


class FakeFreshdesk(Fake):
    name = "freshdesk"

    def __init__(self):
        self.spec = {"team": "360", "bot": BOT}
        super().__init__()

    def has_person(self, talk):
        return "needs-person" in talk.labels and talk.status == "2"

    def headers(self, _body, _delivery):
        return {"X-Deskquorum-Token": SECRET}

    def payload(self, talk, said):
        fields = {
            "ticket_id": talk.id,
            "ticket_subject": "",
            "ticket_latest_public_comment": f"<div>{said.text}</div>",
            "ticket_contact_name": "Ada Byron",
            "ticket_contact_email": "ada@shop.example",
            "triggered_event": "{reply_sent:sent}",
        }
        return {"freshdesk_webhook": fields}

    def knows(self, request):
        return request.headers.get("Authorization") == basic(TOKEN, "X")

    def routes(self, router):
        router.add_get("/api/v2/tickets/{id}", self.show)
        router.add_put("/api/v2/tickets/{id}", self.change)
        router.add_get("/api/v2/tickets/{id}/conversations", self.conversations)
        router.add_post("/api/v2/tickets/{id}/notes", self.note)
        router.add_post("/api/v2/tickets/{id}/reply", self.reply)

    async def show(self, request):
        talk = self.of(request)
        first = talk.said[0]
        shown = {
            "id": talk.id,
            "description": f"<div>{first.text}</div>",
            "description_text": first.text,
            "created_at": iso(first.at),
            "status": 3 if talk.status == "open" else int(talk.status),
            "responder_id": int(talk.assignee) if talk.assignee else None,
            "tags": talk.labels,
        }
        if request.query.get("include") == "requester":
            shown["requester"] = CUSTOMER
        return web.json_response(shown)

    async def conversations(self, request):
        shown = [
            {
                "id": said.id,
                "body_text": said.text,
                "incoming": said.role == "customer",
                "private": said.private,
                "created_at": iso(said.at),
            }
            for said in self.of(request).said[1:]
        ]
        return web.json_response(shown if int(request.query["page"]) == 1 else [])

    async def change(self, request):
        talk, body = self.of(request), json.loads(await request.text())
        talk.labels = body.get("tags", talk.labels)
        talk.status = str(body.get("status", talk.status))
        talk.priority = NUMBERS.get(body.get("priority"), talk.priority)
        if "group_id" in body:
            talk.team = str(body["group_id"])
        return web.json_response({"id": talk.id})

    async def note(self, request):
        return await self.written(request, private=True)

    async def reply(self, request):
        return await self.written(request, private=False)

    async def written(self, request, *, private):
        talk, body = self.of(request), json.loads(await request.text())
        if private and body["private"] is not True:
            raise web.HTTPBadRequest
        said = self.says(talk, body["body"], role="agent", private=private, author=BOT)
        if not private:
            self.echo(talk, said)
        return web.json_response({"id": said.id}, status=201)
