"""The officers' console: server-rendered pages over the same store, desk and record as the worker."""
