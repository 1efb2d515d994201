"""Clients of the programs the gateway drives: every outgoing protocol is spoken here."""
