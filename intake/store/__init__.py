"""The store: schema, engine, migrations, and one file of queries for each noun. Nothing here commits but `Store`."""

from intake.store import officers_schema, register_schema, sign_in_schema
from intake.store.engine import Store, open_store, upgrade

# Imported here, so that the metadata is whole whoever asks for it.
__all__ = ["Store", "officers_schema", "open_store", "register_schema", "sign_in_schema", "upgrade"]
