"""The desk terminal's page: what the console does, in a browser on the same computer."""
