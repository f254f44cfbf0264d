"""Any bytes: what reads a message never raises, never hangs and says what it could not read."""
