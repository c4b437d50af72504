"""Networks, their weights and their export. A network knows no loss, optimiser, file or label."""
