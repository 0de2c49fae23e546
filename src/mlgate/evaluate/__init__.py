"""Predictions to metrics with their uncertainty; arrays only, no files."""
