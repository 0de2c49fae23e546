"""Tables from files, in a database that may touch nothing else."""
