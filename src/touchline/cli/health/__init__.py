"""What ``touchline doctor`` looks at: packages, processor, memory, GPU, codecs, folders, speed."""
