"""What the emulator does otherwise than AWS, put right: one folder for each service."""
