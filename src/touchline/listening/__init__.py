"""What a match sounds like: whistles, the crowd, log-mel patches."""
