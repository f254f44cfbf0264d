"""The console's pages of work: queue and case join with the officers' decisions."""

from starlette.routing import Route

ROUTES: list[Route] = []
