"""wellbeing-intake: a student's withdrawal of consent, heard at once, exactly, and with proof.

A message comes in at one end and flows once past each stage, downstream:

    mailbox -> receive -> (arrival, durable) -> parse -> screen -> authenticate -> classify -> match
            -> decide -> record -> (outbox, durable) -> send

Between the two durable points there are only pure functions, reads, and one transaction.
"""

__version__ = "0.1.0"
