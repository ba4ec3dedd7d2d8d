"""Tables that strangers wrote: packed files, headers, quotes, times and numbers in blocks; every row accounted for."""
