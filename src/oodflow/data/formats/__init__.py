"""File formats of others, read without trusting them: what a file declares is checked before anything is made of it."""
