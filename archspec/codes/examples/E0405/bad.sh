archspec weights checkpoint.safetensors net.yaml --map bad.yaml
