"""The history of the micro-app's tables."""
