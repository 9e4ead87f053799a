archspec check resnet18 --set num_classes=10
