"""What the functions do, told by ports: no AWS, no clock and no I/O of their own."""
