"""The store: schema, engine, migrations, and one file of queries for each noun. Nothing here commits but `Store`."""

from intake.store.engine import Store, open_store, upgrade

__all__ = ["Store", "open_store", "upgrade"]
