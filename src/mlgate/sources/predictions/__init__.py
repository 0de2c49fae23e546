"""Predictions of models from tables, checked and paired by row."""
