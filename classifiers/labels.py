"""The model's outputs, in order: six intents, urgency, five scopes, six author roles."""

from classifiers.classification import AuthorRole, Intent, Scope

INTENTS = tuple(Intent)
SCOPES = tuple(Scope)
ROLES = tuple(AuthorRole)
URGENT = len(INTENTS)
FIRST_SCOPE = URGENT + 1
FIRST_ROLE = FIRST_SCOPE + len(SCOPES)
#: outputs that are independent probabilities; the roles after them exclude one another
INDEPENDENT = FIRST_ROLE
OUTPUTS = FIRST_ROLE + len(ROLES)
