"""Training on another machine: submit, status, logs, cancel, fetch."""
