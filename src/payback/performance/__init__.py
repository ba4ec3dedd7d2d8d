"""Stage 3, speed: how fast each GPU and machine does each kind of work."""
