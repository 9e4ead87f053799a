"""archspec: a short YAML spec of a neural network, checked, drawn, and compiled to PyTorch source."""
