"""Documents: the encrypted blob store, and what is known of PDFs and photos."""
