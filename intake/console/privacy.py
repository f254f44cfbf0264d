"""Privacy mode: names, numbers and words are covered until pointed at, for screens that others can see.

It is the account's, kept on the server: whoever needs it once has it at the next sign-in too.
"""

import re
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from intake.console.forms import Form
from intake.console.rendering import LABELS
from intake.console.roles import needs
from intake.store import accounts
from intake.vocabulary import Role

_CASE = re.compile(r"/case/[A-Za-z0-9-]{1,40}")


@needs(Role.OFFICER, Role.LEAD, Role.DATA_PROTECTION_OFFICER)
def switch(request: Request) -> Response:
    """Switch it on or off, and go back to where the button was pressed."""
    form = Form(request.state.form)
    since = datetime.now(UTC) if form.text("private") == "1" else None
    with request.state.house.store.writing() as session:
        accounts.set_private(session, request.state.account.account_id, since)
    return RedirectResponse(_back(request, form.text("back")), 303)


def _back(request: Request, path: str) -> str:
    """Give the page to show: a case closed, a page of the navigation, or the first one; never an address of a form."""
    case = _CASE.match(path)
    if case is not None:
        return case[0]
    pages = {one.path for one in request.app.routes if isinstance(one, Route) and one.name in LABELS}
    return path if path in pages else "/"
