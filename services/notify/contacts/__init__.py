"""Where and when a person may be written to: windows, words of reply, and suppressed addresses."""
