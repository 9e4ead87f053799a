archspec weights checkpoint.safetensors net.yaml --map mended.yaml
