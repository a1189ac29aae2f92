"""What people use today, as the documentation of each shows it, and no more careful than that.

They are judged like every transport: `--transport=tests.peers.pool`.  README.md has the result.
"""
