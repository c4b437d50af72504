"""Drawing on pictures that are shown, never on ones that are analysed."""
