"""The package: CSV, manifest, signature container, ZIP."""
