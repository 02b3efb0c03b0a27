"""Tests of the figures package."""
