"""Running a network: device, backend and batches."""
