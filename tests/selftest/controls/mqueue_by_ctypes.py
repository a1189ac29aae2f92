"""The transport posix_mq where posix_ipc is not installed: it calls the C library by ctypes."""

from transports import _mqueue, posix_mq
from transports._channel import posix_mq as packets

posix_mq.posix_ipc = packets.posix_ipc = _mqueue

CHANNEL_EXPECTED_FAILURES = posix_mq.CHANNEL_EXPECTED_FAILURES
unsupported, run, channel = posix_mq.unsupported, posix_mq.run, posix_mq.channel
