"""The local web app: server-rendered pages, a JSON interface beside each, the address as the state."""
