"""Event formats of annotation tools: ELAN, BORIS and Label Studio."""
