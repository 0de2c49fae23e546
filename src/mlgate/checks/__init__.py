"""Data and model checks, by our own engine and by others."""
