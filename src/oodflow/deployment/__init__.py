"""A run at work: a calibrated score for data as it comes, and for programs without PyTorch."""
