"""Tests of this project's own code: kernel, supervisor, channels, report, programs."""
