"""Mail to the people who wait: templates, SMTP."""
