"""Tests of the suite itself: it finds the defects that it should find, and reports no others."""
