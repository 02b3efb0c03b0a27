"""A training session: begun, watched, stopped, resumed; what it writes down."""
