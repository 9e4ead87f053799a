"""The live preview: files are watched, what they say is checked and drawn, a page on loopback shows it."""
