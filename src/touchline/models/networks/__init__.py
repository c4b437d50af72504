"""Network architectures. A network knows no loss, optimiser, file or label."""
