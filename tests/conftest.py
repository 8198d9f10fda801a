"""What all tests share."""

from __future__ import annotations

import signal

# A job that a shell starts in the background ignores Ctrl-C, and so would all that it starts.
# Some tests press Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
