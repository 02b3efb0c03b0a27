"""Asking a trained flow which data it takes for its own."""
