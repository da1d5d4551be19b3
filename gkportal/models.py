"""All tables, for migrations and schema tests. Wiring like `gkportal/__init__.py`: imported by no feature."""

from gkportal.audit import models as _audit
from gkportal.auth import models as _auth
from gkportal.core.db import BaseModel
from gkportal.declarations import models as _declarations
from gkportal.hall import models as _hall
from gkportal.jobs import models as _jobs
from gkportal.orgs import models as _orgs
from gkportal.review import models as _review
from gkportal.roster import models as _roster
from gkportal.rounds import models as _rounds

_MODULES = (_audit, _jobs, _orgs, _auth, _rounds, _roster, _review, _declarations, _hall)

ALL: list[type[BaseModel]] = [
    item
    for module in _MODULES
    for item in vars(module).values()
    if isinstance(item, type) and issubclass(item, BaseModel) and item.__module__ == module.__name__
]
