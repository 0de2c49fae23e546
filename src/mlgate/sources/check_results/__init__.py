"""Results of checks that other tools made, one module per format."""
