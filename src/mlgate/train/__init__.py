"""Run a training command: live, bounded, measured, and gone when it is over."""
