"""Stage 2, sensors: measuring this machine, reading job logs."""
