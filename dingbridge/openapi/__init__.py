"""The platform's server APIs."""
