"""The command line's verbs: words in, words out; what they mean is in the services."""
