"""Where live results go: a bundle, a web page, WebSocket and webhook."""
