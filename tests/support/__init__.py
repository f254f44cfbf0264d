"""What tests start: a real Dovecot, a real SMTP server, and a proxy that breaks connections on purpose."""
