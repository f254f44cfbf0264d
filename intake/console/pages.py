"""The console's pages of work: the queue, the case and what is decided on it, the week, the audit trail."""

from starlette.routing import Route

from intake.console import actions, case, oversight, privacy, queue, running

ROUTES: list[Route] = [
    Route("/queue", queue.show, methods=["GET"], name="queue"),
    Route("/queue/search", queue.find, methods=["POST"]),
    Route("/case/{case_id}", case.show, methods=["GET"]),
    Route("/case/{case_id}/letters", case.open_letters, methods=["POST"]),
    Route("/case/{case_id}/students", case.find_student, methods=["POST"]),
    Route("/case/{case_id}/preview", case.preview, methods=["POST"]),
    Route("/case/{case_id}/act", actions.act, methods=["POST"]),
    Route("/record", actions.record_form, methods=["GET"], name="record"),
    Route("/record", actions.record, methods=["POST"]),
    Route("/privacy", privacy.switch, methods=["POST"]),
    Route("/week", oversight.show_week, methods=["GET"], name="week"),
    Route("/comparison", running.show_comparison, methods=["GET"], name="comparison"),
    Route("/health", running.show_health, methods=["GET"], name="health"),
    Route("/ledger", oversight.ask_ledger, methods=["GET"], name="ledger"),
    Route("/ledger", oversight.show_ledger, methods=["POST"]),
    Route("/audit", oversight.ask_audit, methods=["GET"], name="audit"),
    Route("/audit", oversight.show_audit, methods=["POST"]),
]
