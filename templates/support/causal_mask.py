def causal_mask(x: Tensor) -> Tensor:
    """(N, T, D) -> (T, T): true where a token would see a later one."""
    tokens = x.size(1)
    return x.new_ones(tokens, tokens, dtype=torch.bool).triu(1)
