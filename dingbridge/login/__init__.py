"""Signing in: a code of the client or of a browser, the person behind it, and their session."""
