"""The suite itself: it finds what it is to find, and nothing else."""
