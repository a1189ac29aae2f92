"""What is this project's own: the kernel, the supervisor, channels, the report, the programs."""
