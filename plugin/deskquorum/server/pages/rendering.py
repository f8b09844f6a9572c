"""Templates to answers, under a policy that lets nothing in but our own style sheet and scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deskquorum.server.pages.assets import asset_version
from deskquorum.server.pages.marked_text import chipped
from deskquorum.server.pages.visitors import MAY, Errand, person_of
from deskquorum.server.pages.wording import LANGUAGES, Wording, language_for, readable, wording
from deskquorum.server.service import Service

__all__ = ["fragment", "page", "wording_for"]

_TEMPLATES = Path(__file__).parent / "templates"
_OWN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


def page(
    service: Service,
    request: Request,
    template: str,
    *,
    status: int = 200,
    ancestors: Sequence[str] = (),
    **values: object,
) -> HTMLResponse:
    """A whole page.

    Args:
        service: Tells who is signed in.
        request: Tells the language.
        template: File name.
        status: Of the answer.
        ancestors: Origins whose pages may show it in a frame; none by default.
        values: What the template shows.
    """
    person = person_of(service, request)
    body = _rendered(
        template,
        wording_for(request),
        {
            "person": person,
            "form_token": "" if person is None else service.sessions.form_token(person),
            "desk": service.tenant,
            "may": partial(_may, service, request),
            "here": request.url.path,
            **values,
        },
    )
    policy = _OWN.format(ancestors=" ".join(ancestors) or "'none'")
    headers = {"Content-Security-Policy": policy, "Content-Language": wording_for(request).language}
    return HTMLResponse(body, status, headers=headers)


def fragment(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """A part of a page, which a script of ours puts into its place."""
    return HTMLResponse(_rendered(template, wording_for(request), values), status, headers=headers)


def wording_for(request: Request) -> Wording:
    """The language of a request."""
    wanted = request.query_params.get("lang", "")[:20]
    return wording(language_for(wanted, request.headers.get("accept-language", "")[:200]))


def _may(service: Service, request: Request, errand: str) -> bool:
    person = person_of(service, request)
    return person is not None and person.role in MAY[Errand[errand]]


def _rendered(template: str, words: Wording, values: Mapping[str, object]) -> str:
    shown = {"w": words, "t": words.text, "n": words.count, **values}
    return _environment().get_template(template).render(shown)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(readable=readable, chipped=chipped)
    made.globals.update(static=f"/static/{asset_version()}", languages=LANGUAGES)
    return made
