"""Tables of architectures: read from the stages, aligned, and written as text, Markdown, LaTeX, HTML, CSV or JSON."""
