"""Runs beside each other and beside the numbers that the paper published."""
