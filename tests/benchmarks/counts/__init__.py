"""What does not drift: system calls and bytes, counted; and what the machine charges for them.

The time of a message changes with the load and the machine.  The system calls that it takes do
not: here all calls of a run go on one after another behind the gate (tests.gate), in one order, by
a clock that goes on by a step each time it is asked.  So the counts are the same in each run, and
one call more is a difference that a test can see.  What is not the same in each run is shown beside
them, and never compared: CPU time, context switches, and memory.

works     what is counted: a run, round trips, and streams of messages
behind    system calls and bytes, behind the gate
usage     CPU time and context switches, running freely on one processor
__main__  the program that counts, in an interpreter of its own
counted   asks it for the figures of one transport
kept      counts in a file: write them, and say in what others differ
table     the table, in 80 columns
plugin    --counts-write, --counts-compare, and the table at the end
"""
