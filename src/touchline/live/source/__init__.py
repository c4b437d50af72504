"""Where live pictures come from: streams, capture devices and files that still grow."""
