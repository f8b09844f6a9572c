"""The service's web pages: a person and an errand come in, pages in their language go out."""

from deskquorum.server.pages.routes import page_routes

__all__ = ["page_routes"]
