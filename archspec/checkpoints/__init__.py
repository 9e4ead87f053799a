"""Weights as a contract: how a checkpoint's tensors go with a network's state_dict."""
