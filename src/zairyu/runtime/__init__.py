"""The ground we run on: settings, keys, payload codec, plugin, logging, embedded server. Knows nothing of residence."""
