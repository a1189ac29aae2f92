"""What transports and others cost: a run, more workers, messages."""
