"""Channels: many messages of any size between workers and their caller.

A channel is built of one of two things, whichever the mechanism gives:

* a stream of bytes for each worker and direction (:mod:`.streams`).  Before each message
  goes its size.  A worker is who holds the other end, so nothing else has to be signed.
* a queue of packets of a limited size that all workers put into (:mod:`.packets`).  A message
  is cut to fit, and each packet has a tag (:mod:`.authentication`).

At the end of its work each worker says so: exit status 0 without that is an error.  The
caller never waits for one thing alone: while it waits for room to send, it takes in what the
workers send, so that the two cannot wait for each other.

A transport hands its makers over; nothing here imports a transport.  A transport imports the kind
that it uses, and not the others.
"""
