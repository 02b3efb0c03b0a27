"""Documents: tables, figures and text, and how they are written."""
