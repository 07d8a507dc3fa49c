"""AWS on this machine: an emulator in one process, put right where it differs, with a broker, a model and faults."""
