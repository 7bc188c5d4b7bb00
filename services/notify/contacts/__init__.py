"""Where and when someone may be written to: windows, words that stop us, numbers that must be left alone."""
