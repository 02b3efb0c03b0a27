"""The paper: its masks, its code's checkpoints."""
