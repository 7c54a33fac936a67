"""Requests of a page's scripts that are held until a test lets them go on."""

from __future__ import annotations

from playwright.sync_api import Page, Request, Route


def is_fetched(request: Request) -> bool:
    """Whether a script asked for it."""
    return request.resource_type == "fetch"


def hold(page: Page, path: str, method: str = "GET") -> list[Route]:
    """Those with that method are held, in the order in which they come."""
    held: list[Route] = []

    def take(route: Route) -> None:
        if is_fetched(route.request) and route.request.method == method:
            held.append(route)
        else:
            route.continue_()

    page.route(path, take)
    return held
