"""Answers about expressions: text → expression → derivation → its printed forms and checks, as JSON-able data."""
