"""Tests of the scores package."""
